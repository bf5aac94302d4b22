"""``mmda pair``: what it writes, what it warns of, what it refuses."""

from __future__ import annotations

import json

import numpy as np
import pytest
from pair_samples import domain
from raster_samples import read_image

from mmda.cli import main
from mmda.engine.data_check import check_data
from mmda.engine.launch import load_config
from mmda.pairing import PRESETS
from mmda.raster.dataset.splits import read_split_table
from mmda.registry import DATASETS, METRICS

FAR = 10_000.0  # metres between the domains


@pytest.fixture
def domains(tmp_path):
    domain(tmp_path, "s", "train train")
    domain(tmp_path, "t", "train train train test", east=FAR, seed=9)
    return tmp_path


def pair(folder, *options, source="s", target="t"):
    return main(["pair", str(folder / source), str(folder / target), str(folder / "o"), *options])


def refused(code, capsys):
    error = capsys.readouterr().err
    assert code == 2
    assert "Traceback" not in error
    return error[error.index("error: ") :]


def record(folder):
    return json.loads((folder / "o/pair.json").read_text())


def test_it_writes_configs_and_copies_nothing(domains, capsys):
    assert pair(domains) == 0
    names = {path.name for path in (domains / "o").iterdir()}
    configs = {"dataset.py", "source_only.py", "adapted.py", "target_only.py"}
    assert names == {*configs, "pair.json", "target_splits.csv"}
    found = record(domains)
    assert found["target"]["tiles"] == {"train": 4, "val": 2, "test": 2}
    assert found["source"]["tiles"] == {"train": 4}
    assert (found["splits"]["val"], found["splits"]["test"]) == ("val", "test")
    assert found["warnings"] == []
    out = capsys.readouterr().out
    assert "t: s (0.5 m) -> t (0.5 m)" in out
    assert "1 of the target's 3 train scenes became val, by a hash of names" in out
    for name in configs - {"dataset.py"}:
        config = load_config(str(domains / "o" / name))
        check_data(config, training=True)
        check_data(config, training=False)


def test_scenes_drawn_for_val_are_in_no_other_split(domains):
    assert pair(domains, "--val-fraction", "0.5") == 0
    config = load_config(str(domains / "o/target_only.py"))
    parts = {
        "train": config.train_dataloader.dataset.source,
        "val": config.val_dataloader.dataset,
        "test": config.test_dataloader.dataset,
    }
    scenes = {}
    for name, part in parts.items():
        dataset = DATASETS.build({**part, "pipeline": []})
        records = [dataset.get_data_info(index) for index in range(len(dataset))]
        assert {r["domain"] for r in records} == {"target"}
        scenes[name] = {r["tile"].split("_")[0] for r in records}
    assert scenes["train"] | scenes["val"] == {"t0", "t1", "t2"}
    assert scenes["test"] == {"t3"}
    assert not scenes["train"] & scenes["val"]


def test_statistics_are_those_of_the_scenes_that_stay_in_train(domains):
    assert pair(domains) == 0
    found = record(domains)
    assert not found["source"]["statistics"]["measured"]
    table = read_split_table(str(domains / "o/target_splits.csv"))
    kept = [name for name, place in table.items() if place.split == "train"]
    assert len(kept) == 2
    pixels = [read_image(domains / f"raw/t/{name}.tif").reshape(3, -1) for name in kept]
    expected = np.concatenate(pixels, 1).mean(1)
    np.testing.assert_allclose(found["target"]["statistics"]["mean"], expected, rtol=1e-6)


def test_again_changes_nothing_and_edits_are_kept(domains, capsys):
    assert pair(domains) == 0
    before = {path: path.read_bytes() for path in (domains / "o").iterdir()}
    assert pair(domains) == 0
    assert {path: path.read_bytes() for path in (domains / "o").iterdir()} == before
    path = domains / "o/adapted.py"
    path.write_text(path.read_text() + 'log_level = "ERROR"\n')
    assert "adapted.py` exists and differs" in refused(pair(domains), capsys)
    assert "ERROR" in path.read_text()
    assert pair(domains, "--overwrite") == 0
    assert "ERROR" not in path.read_text()


def test_an_unlabelled_target_has_no_evaluation(tmp_path):
    domain(tmp_path, "s", "train train")
    domain(tmp_path, "t", "train train", labelled=(), east=FAR)
    assert pair(tmp_path) == 0
    assert not (tmp_path / "o/target_only.py").exists()
    config = load_config(str(tmp_path / "o/adapted.py"))
    assert config.val_cfg is None
    assert config.test_cfg is None
    assert "val_dataloader" not in config
    check_data(config, training=True)


def test_classes_are_mapped_in_the_configs(tmp_path, capsys):
    domain(tmp_path, "s", "train", ids=3, classes=("ground", "house", "tree"))
    domain(tmp_path, "t", "train val", ids=3, classes=("tree", "road", "building"), east=FAR)
    options = ["--map", "source:house=building", "--classes", "building", "tree"]
    assert pair(tmp_path, *options) == 0
    error = capsys.readouterr().err
    assert "source: the classes ground are ignored" in error
    assert "target: the classes road are ignored" in error
    for name in ("source_only.py", "target_only.py"):
        config = load_config(str(tmp_path / "o" / name))
        assert config.model.segmentor.decode_head.num_classes == 2
        check_data(config, training=True)
    own = config.train_dataloader.dataset.source
    assert own.class_map == {"tree": "tree", "road": None, "building": "building"}
    assert sum(record(tmp_path)["source"]["statistics"]["class_pixels"]["train"]) < 2 * 64 * 64


def test_classes_that_the_source_lacks_are_not_scored(tmp_path, capsys):
    names = {"classes": ("ground", "house", "tree")}
    domain(tmp_path, "s", "train val", ids=2, **names)
    domain(tmp_path, "t", "train val", ids=3, east=FAR, **names)
    assert pair(tmp_path) == 0
    assert "source: tree: no pixel in the split `train`" in capsys.readouterr().err
    assert record(tmp_path)["learnt"] == ["ground", "house"]
    config = load_config(str(tmp_path / "o/source_only.py"))
    for evaluator in (config.val_evaluator, config.test_evaluator):
        metric = METRICS.build(evaluator)
        metric.dataset_meta = {"classes": config.classes}
        assert metric.subsets == {"2": ["ground", "house"]}
        # Trees are all taken for houses, of which there are as many.
        scores = metric.compute_metrics([np.array([[5, 0, 0], [0, 5, 0], [0, 5, 0]])])
        assert scores["mIoU"] == 75
    assert config.model.segmentor.decode_head.num_classes == 3


def test_all_classes_are_scored_where_the_source_has_them(domains):
    assert pair(domains) == 0
    config = load_config(str(domains / "o/source_only.py"))
    assert dict(config.test_evaluator) == {"type": "SegmentationMetric"}


@pytest.mark.parametrize("fraction", ["5", "0", "-0.1", "nan"])
def test_impossible_val_fractions_are_refused_though_val_exists(tmp_path, capsys, fraction):
    domain(tmp_path, "s", "train")
    domain(tmp_path, "t", "train val", east=FAR)
    error = refused(pair(tmp_path, "--val-fraction", fraction), capsys)
    assert "--val-fraction must be between 0 and 1" in error


def test_scales_that_differ_are_warned_of(tmp_path, capsys):
    domain(tmp_path, "s", "train", gsd=0.3)
    domain(tmp_path, "t", "train val", gsd=1.0, east=FAR)
    assert pair(tmp_path) == 0
    error = capsys.readouterr().err
    assert "The source has 0.3 m/pixel, the target 1 m/pixel" in error
    assert f"tile `{tmp_path / 's'}` again with the same command, `--gsd 1`" in error


def test_shared_ground_is_warned_of(tmp_path, capsys):
    domain(tmp_path, "s", "train")
    domain(tmp_path, "t", "train test")
    assert pair(tmp_path) == 0
    assert "show the same ground" in capsys.readouterr().err
    assert record(tmp_path)["overlap"]["splits"] == {"train/train": 1}


@pytest.mark.parametrize(
    ("source", "target", "options", "words"),
    [
        ("none", "t", [], ["none/dataset.json` does not exist", "mmda tile"]),
        ("v", "t", [], ["no tiles in the split `train`", "'val': 2"]),
        ("u", "t", [], ["without labels", "Tile it with its labels"]),
        ("s", "t", ["--crop", "65"], ["--crop 65", "1 to 64 pixels"]),
        ("s", "t", ["--val-fraction", "0"], ["between 0 and 1"]),
        ("s", "t", ["--workers", "0"], ["workers must be at least 1"]),
        ("s", "t", ["--preset", "inria2mass"], ["Did you mean `inria2massachusetts`"]),
        ("s", "t", ["--preset", "inria2massachusetts"], ["has the task buildings", "['ground'"]),
        ("s", "t", ["--classes", "ground", "bilding"], ["`bilding`", "Did you mean `building`"]),
        ("s", "t", ["--network", "segformer"], ["Did you mean `segformer-b2`"]),
        ("s", "t", ["--network", "small", "--preset", "x"], ["`x` has the published network"]),
        ("s", "t", ["extra"], ["takes SOURCE TARGET OUT", "got 4 folder(s)"]),
    ],
)
def test_what_it_refuses(refusable, capsys, source, target, options, words):
    error = refused(pair(refusable, *options, source=source, target=target), capsys)
    for word in words:
        assert word in error
    assert not (refusable / "o").exists()


@pytest.fixture(scope="module")
def refusable(tmp_path_factory):
    """Domains that are paired without success, which leaves them as they are."""
    folder = tmp_path_factory.mktemp("refusable")
    domain(folder, "s", "train")
    domain(folder, "t", "train train", east=FAR)
    domain(folder, "v", "val")
    domain(folder, "u", "train", labelled=())
    return folder


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_presets_are_the_published_transfers(tmp_path, monkeypatch, capsys, name):
    preset = PRESETS[name]
    label = {"buildings": "building", "roads": "road"}[preset.task]
    for index, folder in enumerate((preset.source, preset.target)):
        domain(tmp_path, folder, "train val", classes=("background", label), east=index * FAR)
    monkeypatch.setenv("MMDA_DATA_ROOT", str(tmp_path))
    assert main(["pair", "--preset", name, str(tmp_path / "o")]) == 0
    captured = capsys.readouterr()
    assert f"on {preset.train} training and {preset.val} validation" in captured.out
    assert "published transfer has tiles of 512 pixels, but these have 64" in captured.err
    config = load_config(str(tmp_path / "o/adapted.py"))
    check_data(config, training=True)
    assert config.train_dataloader.dataset.source.data_root == str(tmp_path / preset.source)
    assert config.train_cfg.max_iters == 120_000
    steps = [step.type for step in config.train_dataloader.dataset.source.pipeline]
    assert steps == ["LoadTile", "RandomFlip", "RandomRotate90", "PackDomainInputs"]
    assert config.model.data_preprocessor["mean"] == [123.675, 116.28, 103.53]
