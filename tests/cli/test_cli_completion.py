"""The scripts that complete `mmda` in a shell, tried in the shells that are installed."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from mmda.cli import main
from mmda.cli.completion import SHELLS
from mmda.cli.overview import COMMANDS

BASH = """source "$1"; shift; COMP_WORDS=(mmda "$@"); COMP_CWORD=$#
_shtab_mmda mmda "${COMP_WORDS[COMP_CWORD]}" ""; printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module")
def scripts(tmp_path_factory):
    """Files with the script of each shell."""
    folder = tmp_path_factory.mktemp("scripts")
    for shell in SHELLS:
        with pytest.MonkeyPatch.context() as patch, (folder / shell).open("w") as file:
            patch.setattr("sys.stdout", file)
            assert main(["completion", shell]) == 0
    return folder


@pytest.mark.parametrize("shell", SHELLS)
def test_every_command_is_in_the_script(scripts, shell):
    text = (scripts / shell).read_text()
    assert not [name for name in COMMANDS if name not in text]
    assert shell == "bash" or COMMANDS["predict"] in text  # zsh and fish show summaries


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["tr"], {"train", "translate"}),
        (["train", "--res"], {"--resume"}),
        (["tile", "geo"], {"geotiff"}),
        (["tile", "geotiff", "--decod"], {"--decode"}),
        (["figures", "ts"], {"tsne"}),
        (["predict", "mine"], {"mine.py"}),
        (["train", "mine.py", "--amp", "b"], {"bf16"}),
        (["export", "a", "b", "--out", "mi"], {"mine.py"}),
    ],
)
def test_bash_completes_commands_options_choices_and_files(scripts, tmp_path, words, found):
    if shutil.which("bash") is None:
        pytest.skip("needs bash")
    (tmp_path / "mine.py").touch()
    command = ["bash", "-c", BASH, "-", str(scripts / "bash"), *words]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == found


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_shell_reads_the_script(scripts, shell):
    if shutil.which(shell) is None:
        pytest.skip(f"needs {shell}")
    subprocess.run([shell, "-n", scripts / shell], check=True)


def test_a_shell_that_has_none(capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["completion", "tcl"])
    assert "invalid choice: 'tcl'" in capsys.readouterr().err
