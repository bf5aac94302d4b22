"""What converters print and refuse: damaged scenes, dry runs, previews."""

import json
import os

import pytest
from raster_samples import make_scenes, noise, tile, write

from mmda.cli import main
from mmda.raster import Scene, read_manifest
from mmda.raster.tiling.options import TileOptions
from mmda.raster.tiling.plan import plan_tiles
from mmda.utils.shards import Shard

NAMES = ["--task", "t", "--domain", "d", "--classes", "a", "b", "--tile", "64"]


def geotiff(folder, *options):
    return main(["tile", "geotiff", str(folder / "s*.tif"), str(folder / "o"), *NAMES, *options])


def inria_of(folder, count=3):
    for index in range(count):
        write(folder / f"in/train/images/vienna{index + 1}.tif", noise(3, 64, 64, seed=index))
        mask = 255 * (noise(1, 64, 64, seed=index) > 128)
        write(folder / f"in/train/gt/vienna{index + 1}.tif", mask.astype("uint8"))
    return ["tile", "inria", str(folder / "in"), str(folder / "o")]


def test_a_damaged_scene_costs_neither_summary_nor_preview_nor_notes(tmp_path, capsys):
    command = inria_of(tmp_path)
    os.truncate(tmp_path / "in/train/images/vienna2.tif", 6000)
    assert main([*command, "--preview"]) == 1
    said = capsys.readouterr()
    assert "  2 scenes, " in said.out
    assert "1 of 3 scenes could not be converted" in said.err
    assert "vienna2.tif" in said.err
    assert (tmp_path / "o/preview.png").exists()
    notes = json.loads((tmp_path / "o/conversion.json").read_text())["notes"]
    assert "note: " + notes[0] in said.out


def test_a_damaged_scene_of_a_shard_ends_with_exit_code_1(tmp_path, capsys):
    scenes = make_scenes(tmp_path, count=6)
    own = [s for s in scenes if Shard(1, 3).owns(s.name)]
    assert 1 < len(own) < 6
    os.truncate(own[0].image, 20000)
    assert geotiff(tmp_path, "--shard", "1/3") == 1
    said = capsys.readouterr()
    assert "shard 1/3 is done" in said.out
    assert f"`{own[0].image}`" in said.err


def test_a_dry_run_plans_the_shard_alone(tmp_path, capsys):
    scenes = make_scenes(tmp_path, count=6)
    counts = []
    for index in (1, 2, 3):
        assert geotiff(tmp_path, "--dry-run", "--shard", f"{index}/3") == 0
        counts.append(int(capsys.readouterr().out.split()[2]))
    assert counts == [sum(Shard(i, 3).owns(s.name) for s in scenes) for i in (1, 2, 3)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--dry-run", "--shard", "9/4"], "Unknown shard `9/4`"),
        (["--dry-run", "--shard", "1/4", "--overwrite"], "other shards"),
        (["--preview", "--format", "none"], "--preview draws tiles"),
    ],
)
def test_what_cannot_be_is_refused_before_the_work(tmp_path, capsys, options, message):
    make_scenes(tmp_path)
    assert geotiff(tmp_path, *options) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "o").exists()


def test_a_dry_run_refuses_what_the_run_would(tmp_path, capsys):
    make_scenes(tmp_path)
    (tmp_path / "o").write_text("mine")
    assert geotiff(tmp_path, "--dry-run") == 2
    assert "is a file, expected a folder" in capsys.readouterr().err


def test_absent_classes_are_warned_of_with_options_that_exist(tmp_path, capsys):
    command = inria_of(tmp_path, count=7)
    for index in range(7):
        mask = noise(1, 64, 64) * 0
        write(tmp_path / f"in/train/gt/vienna{index + 1}.tif", mask)
    assert main(command) == 0
    said = capsys.readouterr().err
    assert "building: no pixel in the split `train`" in said
    assert "--decode" not in said
    make_scenes(tmp_path, count=1)
    write(tmp_path / "m0.tif", noise(1, 100, 130) * 0)
    assert geotiff(tmp_path, "--labels", str(tmp_path / "m0.tif"), "--overwrite") == 0
    assert "--decode binary" in capsys.readouterr().err


def test_other_errors_leave_the_notes_of_an_earlier_run_alone(tmp_path):
    command = inria_of(tmp_path, count=7)
    assert main(command) == 0
    path = tmp_path / "o/conversion.json"
    path.write_text("earlier")
    assert main([*command, "--tile", "16"]) == 2
    assert path.read_text() == "earlier"


def test_the_disk_estimate_is_that_of_the_format(tmp_path):
    image = write(tmp_path / "i.tif", noise(3, 512, 512))
    estimates = {}
    for name in ("tif", "png", "jpg", "none"):
        options = TileOptions("t", "d", ("a", "b"), 128, format=name)
        (plan,) = plan_tiles([Scene("s", str(image))], options).scenes
        estimates[name] = plan.tile_bytes(name)
        tile([Scene("s", str(image))], tmp_path / name, tile=128, format=name)
        rows = read_manifest(tmp_path / name)
        assert estimates[name] >= sum(row["image_bytes"] or 0 for row in rows)
    assert estimates["jpg"] < 0.6 * estimates["tif"]
    assert estimates["none"] == 0
