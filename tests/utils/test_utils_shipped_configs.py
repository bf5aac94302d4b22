"""The configs that come with mmda: their names, and copies of them that lie elsewhere."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from mmengine.config import Config

from mmda.ablation import read_table
from mmda.cli import main
from mmda.engine.launch import load_config
from mmda.errors import ConfigError
from mmda.utils import shipped_configs
from mmda.utils.shipped_configs import (
    config_file,
    configs_root,
    copy_config,
    default_work_dir,
    find_configs,
)

REPO = Path(__file__).resolve().parents[2]


def without_scope(value):
    """Return a config without the mark that MMEngine gives to what `mmda::` bases hold."""
    if isinstance(value, dict):
        return {key: without_scope(item) for key, item in value.items() if key != "_scope_"}
    if isinstance(value, (list, tuple)):
        return [without_scope(item) for item in value]
    return value


def test_the_checkouts_configs_are_those_of_the_package():
    assert configs_root() == REPO / "configs"
    assert config_file("mmda::toy/adapted.py") == REPO / "configs/toy/adapted.py"
    assert config_file("work_dirs/mine.py") == Path("work_dirs/mine.py")


def test_a_name_is_loaded_as_the_file_is():
    named, file = load_config("mmda::toy/cdga.py"), load_config(REPO / "configs/toy/cdga.py")
    assert named.to_dict() == file.to_dict()


def test_bases_are_found_and_nothing_is_installed(tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError(f"a program was started: {args}")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    path = tmp_path / "mine.py"
    path.write_text('_base_ = "mmda::uda/cdga/cdga-k2_deeplabv2-r101_120k_gta52cityscapes.py"\n')
    assert load_config(path).model.alignments.cdga.num_groups == 2
    path.write_text('_base_ = "mmda::uda/cdga/nothing.py"\n')
    with pytest.raises(ConfigError, match=r"uda/cdga/nothing\.py"):
        load_config(path)


def test_copies_name_bases_that_exist(tmp_path):
    for name in find_configs():
        copy = copy_config(name, tmp_path / name).read_text()
        bases = re.findall(r'"mmda::([^"]+)"', copy)
        assert len(bases) == len(re.findall(r'"[./]*[\w/.-]+\.py"', bases_of(name)))
        assert all((configs_root() / base).is_file() for base in bases), name


def bases_of(name):
    """Return the text of a config's `_base_`."""
    text = (configs_root() / name).read_text()
    found = re.search(r'^_base_ = ("[^"]+"|\[[^]]+\])', text, re.MULTILINE)
    return found[1] if found else ""


def test_a_copy_is_what_it_was_copied_from(tmp_path):
    """One config of each folder."""
    for name in {Path(name).parent: name for name in find_configs()}.values():
        copy = copy_config(name, tmp_path / name)
        found, expected = Config.fromfile(copy), Config.fromfile(configs_root() / name)
        assert without_scope(found.to_dict()) == without_scope(expected.to_dict()), name


def test_copied_tables_train_mmdas_own_configs(tmp_path):
    for name in find_configs("ablation/*"):
        found = read_table(copy_config(name, tmp_path / name)).rows
        expected = read_table(f"mmda::{name}").rows
        assert {k: row.configs for k, row in found.items()} == {
            k: row.configs for k, row in expected.items()
        }, name


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("toy/adapted.py", ["toy/adapted.py"]),
        ("mmda::toy/adapted.py", ["toy/adapted.py"]),
        ("toy/cdga", ["toy/cdga.py", "toy/cdga_ima.py"]),
        ("toy/*_ima.py", ["toy/cdga_ima.py", "toy/output_space_ima.py"]),
        ("_base_/models/toy_unet_", ["_base_/models/toy_unet_bn.py"]),
    ],
)
def test_patterns(pattern, names):
    assert find_configs(pattern) == names


def test_all_configs_are_listed_and_their_parts_are_not():
    names = find_configs()
    assert len(names) > 100
    assert not any(name.startswith("_base_") for name in names)


def test_the_command_lists_names_with_what_they_are(capsys):
    assert main(["configs", "toy/*_only.py"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [
        "mmda::toy/source_only.py",
        "mmda::toy/target_only.py",
    ]
    assert lines[0].endswith("  Trained on the source city alone, evaluated on the target city")


def test_the_command_copies_one(tmp_path, capsys):
    argv = ["configs", "--copy", "toy/adapted.py", str(tmp_path / "mine")]
    assert main(argv) == 0
    copy = tmp_path / "mine/adapted.py"
    assert capsys.readouterr().out == f"{copy}\n"
    copy.write_text("edited")
    assert main(argv) == 2
    assert f"`{copy}` exists" in capsys.readouterr().err
    assert copy.read_text() == "edited"


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["configs", "toy/adaptd.py"], "No config fits `toy/adaptd.py`. Did you mean `toy/adapted"),
        (["configs", "--copy", "toy/cdga", "d"], "2 configs fit `toy/cdga`: `toy/cdga.py`, `toy/"),
        (["train", "mmda::toy/adaptd.py"], "Did you mean `mmda::toy/adapted.py`?"),
        (["ablation", "mmda::ablation/table.py"], "has no config `mmda::ablation/table.py`"),
    ],
)
def test_names_that_do_not_fit(argv, words, capsys):
    assert main(argv) == 2
    assert words in capsys.readouterr().err


def test_work_dirs_are_those_of_the_file():
    for name in ("toy/adapted.py", "ablation/cdga/table1.py"):
        assert default_work_dir(f"mmda::{name}") == default_work_dir(f"configs/{name}")
    assert default_work_dir("/a/work_dirs/mine/adapted.py") == Path("work_dirs/mine/adapted")
    assert default_work_dir("work_dirs/compare/compare.py") == Path("work_dirs/compare")
    assert default_work_dir("my/own.py") == Path("work_dirs/own")


def test_a_checkout_without_links(tmp_path, monkeypatch):
    monkeypatch.setattr(shipped_configs, "__file__", str(tmp_path / "mmda/utils/x.py"))
    with pytest.raises(ConfigError, match=r"core\.symlinks"):
        configs_root()


def test_one_argument_too_many(capsys):
    with pytest.raises(SystemExit):
        main(["configs", "toy", "--copy", "toy/adapted.py", "d"])
    assert "--copy takes PATTERN and DIR, so `toy` is one too many" in capsys.readouterr().err
