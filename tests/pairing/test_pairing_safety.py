"""Names in somebody else's dataset run no code in the configs that are written for it."""

from __future__ import annotations

import json
import shutil

import pyarrow
import pyarrow.parquet
import pytest
from mmengine.config import Config
from pair_samples import domain

import mmda.pairing.options
import mmda.raster.dataset.manifest
from mmda.cli import main
from mmda.errors import ConfigError, DataError
from mmda.raster import Scene, TileOptions
from mmda.raster.dataset.domain import TiledDomain


@pytest.fixture(scope="module")
def tiled(tmp_path_factory):
    """Two domains as they are made."""
    folder = tmp_path_factory.mktemp("pair")
    domain(folder, "s")
    domain(folder, "t", east=1000, seed=9)
    return folder


@pytest.fixture
def folders(tiled, tmp_path):
    """Copies of the two, to be changed."""
    for name in ("s", "t"):
        shutil.copytree(tiled / name, tmp_path / name)
    return tmp_path


def payloads(marker):
    """Names that would write a file if they got into a program as they are."""
    call = f"open({str(marker)!r}, 'w')"
    return [
        f"x\n{call}",
        f"x\r{call}",
        f"x\u2028{call}",
        f'x" + str({call}) + "',
        f"x' + str({call}) + '",
        f"x\\' + str({call}) + \\'",
        f"{{{{$NOT_THERE:\\'+str({call.replace(' ', '')})+\"}}}}",
        f"{{{{$NOT_THERE:x\\n{call.replace(' ', '')}}}}}",
        "{{_base_.anything}}",
    ]


CHANGES = {
    "task": lambda info, name: info.update(task=name),
    "domain": lambda info, name: info.update(domain=name),
    "class": lambda info, name: info.update(classes=[name, "building"]),
}


def change(folder, key, name):
    path = folder / "dataset.json"
    info = json.loads(path.read_text())
    CHANGES[key](info, name)
    path.write_text(json.dumps(info))


def pair(folders):
    return main(["pair", *(str(folders / name) for name in ("s", "t", "o"))])


def read_all(folder):
    return {path.name: Config.fromfile(path) for path in sorted((folder / "o").glob("*.py"))}


@pytest.mark.parametrize("key", CHANGES)
@pytest.mark.parametrize("number", range(9))
def test_names_of_a_dataset(folders, key, number, capsys):
    marker = folders / "marker"
    name = payloads(marker)[number]
    for folder in ("s", "t"):
        change(folders / folder, key, name)
    refused = not name.isprintable() or "{{" in name
    assert pair(folders) == (2 if refused else 0)
    if refused:
        assert f"The {key} name " in capsys.readouterr().err
    else:
        check_written(folders, name if key == "class" else "ground")
    assert not marker.exists()


@pytest.mark.parametrize("number", range(9))
def test_names_of_a_dataset_that_are_not_refused(folders, number, monkeypatch):
    """The second line of defence: what is written."""
    marker = folders / "marker"
    name = payloads(marker)[number]
    for folder in ("s", "t"):
        for key in CHANGES:
            change(folders / folder, key, name)
    monkeypatch.setattr(mmda.raster.dataset.manifest, "check_name", lambda *_: None)
    assert pair(folders) == 0
    check_written(folders, name)
    assert not marker.exists()


def check_written(folders, name):
    configs = read_all(folders)
    assert "adapted.py" in configs
    assert list(configs["dataset.py"].classes) == [name, "building"]


@pytest.mark.parametrize("name", ["\ufb01eld", "\u00b5", "a b"])
def test_class_names_that_python_reads_otherwise(folders, name):
    change(folders / "s", "class", name)
    renames = f"target:ground={name}"
    assert main(["pair", *(str(folders / n) for n in ("s", "t", "o")), "--map", renames]) == 0
    target = read_all(folders)["dataset.py"].train_dataloader.dataset.target
    assert dict(target.class_map) == {"ground": name, "building": "building"}


def test_class_names_that_mmengine_cannot_write(folders, capsys):
    change(folders / "s", "class", "class")
    argv = ["pair", *(str(folders / name) for name in ("s", "t", "o"))]
    assert main([*argv, "--map", "source:class=ground"]) == 2
    assert "source: the class `class` is a word of Python" in capsys.readouterr().err


@pytest.mark.parametrize("number", range(9))
def test_folders_of_any_name(folders, number, monkeypatch):
    marker = folders / "m"
    monkeypatch.chdir(folders)
    name = payloads("m")[number].replace("/", "_").replace("\0", "")
    (folders / "s").rename(folders / name)
    assert main(["pair", name, "t", "o"]) == 0
    assert read_all(folders)["dataset.py"].source_root == str(folders / name)
    assert not marker.exists()


def test_names_of_an_option(folders):
    for option in (["--classes", "ground", "a\nb"], ["--map", "source:ground=a\nb"]):
        argv = ["pair", *(str(folders / name) for name in ("s", "t", "o")), *option]
        assert main(argv) == 2
    assert not (folders / "o").exists()


@pytest.mark.parametrize("column", ["scene", "city", "domain", "source", "image"])
def test_names_in_a_manifest(folders, column):
    path = folders / "s/manifest.parquet"
    table = pyarrow.parquet.read_table(path)
    texts = pyarrow.array(["a\nb"] * len(table), "string")
    table = table.set_column(table.column_names.index(column), column, texts)
    pyarrow.parquet.write_table(table, path)
    with pytest.raises(DataError, match=rf"control characters in `{column}`: 'a\\nb'"):
        TiledDomain(folders / "s").rows()


@pytest.mark.parametrize("name", ["../../evil", "/evil", "a/b", "a b", "", "a\nb"])
def test_tiles_are_named_as_files_can_be(folders, name):
    """Labels and pictures are written under a tile's name, and must stay in their folder."""
    path = folders / "s/manifest.parquet"
    table = pyarrow.parquet.read_table(path)
    names = [name, *table["id"].to_pylist()[1:]]
    column = table.column_names.index("id")
    table = table.set_column(column, "id", pyarrow.array(names, "string"))
    pyarrow.parquet.write_table(table, path)
    with pytest.raises(DataError, match=r"has the tile .*; expected are letters, digits"):
        TiledDomain(folders / "s").rows()


def test_a_dataset_without_names(folders):
    path = folders / "s/dataset.json"
    for content in ([], {"format": 1, "task": "t", "domain": "d", "classes": "ab"}):
        path.write_text(json.dumps(content))
        with pytest.raises(DataError, match=r"dataset\.json`"):
            TiledDomain(folders / "s")


def test_names_are_refused_where_they_enter():
    for task, name, classes in (("a\n", "d", "ab"), ("t", "a\x1b", "ab"), ("t", "d", ("a\n", "b"))):
        with pytest.raises(ConfigError, match="without control characters"):
            TileOptions(task, name, tuple(classes), 64)
    for values in ({"city": "a\nb"}, {"image": "a\nb.tif"}):
        with pytest.raises(ConfigError, match="control characters"):
            Scene(**{"name": "a", "image": "a.tif", **values})
    with pytest.raises(ConfigError, match=r"Scene name `a\\nb` cannot"):
        Scene("a\nb", "a.tif")
