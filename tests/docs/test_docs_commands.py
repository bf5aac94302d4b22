"""The blocks of Start and How-to, each page's one after the other in a user's folder.

The rasters are tiny, trainings end after two iterations, and tables are listed, not trained: what a
block names must exist, and the next block goes on with what it has written.
"""

from __future__ import annotations

import re
import shlex
import shutil
import sys

import pytest
import user_folder
from core_samples import REPO

BLOCK = re.compile(r"^(?:<!-- (needs [^>]*?) -->\n)?```(bash|sh|python)?\n(.*?)^```", re.M | re.S)
NEEDS = {
    "needs a GPU", "needs the network", "needs your files", "needs a full training",
    "needs hours", "needs the onnx extra", None,
}  # fmt: skip
# add-a-method.md has a test of its own, test_testing_example.py; the other two take over READMEs.
OTHER = {"add-a-method", "datasets", "configs"}
HOW_TO = [f"docs/howto/{path.name}" for path in sorted((REPO / "docs/howto").glob("*.md"))
          if path.stem not in {*OTHER, "tile"}]  # fmt: skip
OWN_DATA = "docs/start/own-data.md"
FRESH = [OWN_DATA, "docs/howto/tile.md"]  # which begin with tiling


def blocks(page: str) -> list[tuple[str | None, str, str]]:
    """Need, language and text of each block of commands or Python."""
    text = (REPO / page).read_text(encoding="utf-8")
    return [(match[1], match[2] or "bash", match[3]) for match in BLOCK.finditer(text)]


def commands(text: str) -> list[list[str]]:
    """The commands of a block, words in order, without comments."""
    lines = text.replace("\\\n", " ").replace(" && ", "\n").splitlines()
    return [words for line in lines if (words := shlex.split(line, comments=True))]


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    return user_folder.make(tmp_path_factory.mktemp("city"))


@pytest.fixture(scope="module")
def trained(city, tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained") / "user"
    shutil.copytree(city, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("MMDA_CROP", "32")
        user_folder.prepare(folder)
    return folder


@pytest.mark.parametrize("page", FRESH + HOW_TO)
def test_what_a_block_needs_is_known(page):
    assert {need for need, *_ in blocks(page)} <= NEEDS


def test_the_readme_has_the_commands_of_the_page_on_own_data():
    run, page = (
        [
            sorted(words)
            for _, kind, text in blocks(one)
            if kind == "bash"
            for words in commands(text)
        ]
        for one in ("README.md", OWN_DATA)
    )
    own = [words for words in run if "mmda" in words and not {"demo", "configs"} & set(words)]
    assert len(own) == 7 and own == page


@pytest.mark.slow
@pytest.mark.parametrize("page", FRESH + HOW_TO)
def test_the_blocks_of_a_page_run(page, request, tmp_path, monkeypatch):
    folder = tmp_path / "user"
    shutil.copytree(request.getfixturevalue("city" if page in FRESH else "trained"), folder)
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setenv("MMDA_CROP", "32")
    known = set(sys.modules)
    for need, language, text in blocks(page):
        if need is None and language == "python":
            user_folder.run_python(text, folder)
        elif need is None:
            for words in commands(text):
                run(words, folder, monkeypatch)
    for name in set(sys.modules) - known:
        if str(folder) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def run(words, folder, monkeypatch):
    """Run one command of a block as a shell would."""
    if words[0] == "export":
        for name, _, value in (word.partition("=") for word in words[1:]):
            monkeypatch.setenv(name, value)
        return
    assert words[0] == "mmda", f"{words}: mark the block, or let the test know the command"
    user_folder.run([one for word in words[1:] for one in user_folder.expand(word, folder)])
