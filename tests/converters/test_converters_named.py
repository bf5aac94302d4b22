"""What all converters of named datasets share: options, notes, a second run, layouts."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from converter_samples import box, noise, rows, save

from mmda.cli import main
from mmda.converters.layout import find_root
from mmda.errors import DataError

ROOT = Path(__file__).resolve().parents[2]
NAMED = (
    "inria", "massachusetts", "deepglobe", "gta5", "synthia", "cityscapes", "robotcar", "loveda",
)  # fmt: skip
SHARED = (
    "--tile", "--stride", "--gsd", "--format", "--min-valid", "--edge", "--workers",
    "--overwrite", "--dry-run", "--domain", "--splits",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMED)
def test_every_converter_has_the_shared_options(name, capsys):
    with pytest.raises(SystemExit) as end:
        main(["tile", name, "--help"])
    said = capsys.readouterr().out
    assert end.value.code == 0
    assert f"usage: mmda tile {name}" in said and "SRC OUT" in said and "Layout:" in said
    assert [option for option in SHARED if option not in said] == []


@pytest.mark.parametrize("name", NAMED)
def test_a_folder_that_is_not_there(name, tmp_path, capsys):
    more = ["--task", "roads"] if name == "massachusetts" else []
    assert main(["tile", name, str(tmp_path / "gone"), str(tmp_path / "o"), *more]) == 2
    assert "gone` does not exist. Correct the path." in capsys.readouterr().err


@pytest.fixture
def source(tmp_path):
    for name in ("vienna1", "vienna7"):
        save(tmp_path / f"in/train/images/{name}.tif", noise())
        save(tmp_path / f"in/train/gt/{name}.tif", box(value=255))
    return tmp_path / "in"


def test_a_converter_runs_as_a_script(source, tmp_path):
    def run(*arguments):
        script = [sys.executable, str(ROOT / "data_converters/inria.py"), *arguments]
        return subprocess.run(script, capture_output=True, text=True, cwd=tmp_path)

    done = run(str(source), "o", "--tile", "32")
    assert done.returncode == 0, done.stderr
    assert "note: split: images 1 to 5 of each city are val" in done.stdout
    failed = run("gone", "o")
    assert failed.returncode == 2
    assert failed.stderr == "error: The folder `gone` does not exist. Correct the path.\n"


def test_a_second_run_writes_nothing_and_notes_are_kept(source, tmp_path):
    out = tmp_path / "o"
    arguments = [str(source), str(out), "--tile", "32"]
    assert main(["tile", "inria", *arguments]) == 0
    before = {p: p.stat().st_mtime_ns for p in (out / "train").rglob("*") if p.is_file()}
    record = json.loads((out / "conversion.json").read_text())
    assert (record["dataset"], record["source"]) == ("inria", str(source))
    assert main(["tile", "inria", *arguments]) == 0
    assert before == {p: p.stat().st_mtime_ns for p in before}


def test_a_dry_run_writes_nothing(source, tmp_path, capsys):
    arguments = [str(source), str(tmp_path / "o"), "--tile", "16", "--dry-run"]
    assert main(["tile", "inria", *arguments]) == 0
    assert not (tmp_path / "o").exists()
    said = capsys.readouterr().out
    assert "train 4" in said and "val 4" in said and "note: split" in said


def test_splits_that_are_not_there(source, tmp_path, capsys):
    assert main(["tile", "inria", str(source), str(tmp_path / "o"), "--splits", "test"]) == 2
    assert "has no images in the splits test; it has those of train, val" in capsys.readouterr().err


def test_tiles_that_shift_in_cover_every_pixel_once_or_twice(source, tmp_path):
    out = tmp_path / "o"
    assert main(["tile", "inria", str(source), str(out), "--tile", "20", "--splits", "val"]) == 0
    assert [(r["row"], r["col"]) for r in rows(out)] == [(0, 0), (0, 12), (12, 0), (12, 12)]


def test_one_of_several_datasets_must_be_chosen(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name / "train").mkdir(parents=True)
    assert find_root(str(tmp_path / "one"), ["train"], "train") == tmp_path / "one"
    with pytest.raises(DataError, match=r"several datasets: .*one`, .*two`"):
        find_root(str(tmp_path), ["train"], "train")
