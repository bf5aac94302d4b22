"""Training on a pair's configs: any bands and types, from tiles and from rasters."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from pair_samples import domain

from mmda.cli import main
from mmda.engine.launch import build_runner, load_config, prepare
from mmda.registry import DATASETS, MODELS
from mmda.utils.seeding import seeded

SMALL = [
    "model.segmentor.backbone.base_channels=8",
    "model.segmentor.backbone.norm_cfg.num_groups=4",
    "model.segmentor.decode_head.in_channels=[8,16,32,64]",
    "model.segmentor.decode_head.channels=8",
    "model.segmentor.decode_head.norm_cfg.num_groups=4",
    "train_dataloader.batch_size=2",
    "train_cfg.max_iters=2",
    "log_level=WARNING",
]
KINDS = [
    pytest.param((4, "uint16", "tif", 0.4), id="4 bands, uint16"),
    pytest.param((8, "float32", "none", 0.004), id="8 bands, float32, rasters"),
    pytest.param((1, "uint8", "png", 1.0), id="1 band, uint8, PNG"),
]


class Kind:
    """A pair of domains of one kind; the source is half as bright."""

    def __init__(self, folder, bands, dtype, format, scale):
        self.bands, self.dtype, self.windows = bands, dtype, format == "none"
        self.folder, self.out = folder, make(folder, bands, dtype, format, scale)


def make(folder, bands, dtype, kind, scale):
    options = {"bands": bands, "dtype": dtype, "format": kind}
    domain(folder, "s", "train", scale=scale / 2, **options)
    domain(folder, "t", "train val", scale=scale, east=1000, seed=9, **options)
    assert main(["pair", *(str(folder / name) for name in ("s", "t", "o"))]) == 0
    return folder / "o"


@pytest.fixture(scope="module", params=KINDS)
def kind(request, tmp_path_factory):
    return Kind(tmp_path_factory.mktemp("pair"), *request.param)


def test_two_iterations_of_the_recommended_recipe(kind):
    start = "model.alignments.self_training.start=0"
    argv = ["train", str(kind.out / "adapted.py"), "--work-dir", str(kind.folder / "w")]
    assert main([*argv, "--cfg-options", *SMALL, start]) == 0
    content = torch.load(kind.folder / "w/iter_2.pth", weights_only=False)
    weights = content["state_dict"]
    assert all(value.isfinite().all() for value in weights.values() if value.is_floating_point())
    stem = next(v for k, v in weights.items() if k.startswith("segmentor.") and v.ndim == 4)
    assert stem.shape[1] == kind.bands


def test_each_domain_is_normalised_by_its_own_statistics(kind):
    config = load_config(str(kind.out / "source_only.py"))
    normalise = MODELS.build(config.model.data_preprocessor)
    data = load_config(str(kind.out / "adapted.py")).train_dataloader.dataset
    load, pack = dict(type="LoadTile"), dict(type="PackDomainInputs")
    for part in (data.source, data.target):
        dataset = DATASETS.build({**part, "pipeline": [load, pack]})
        assert type(dataset).__name__ == ("RasterWindowDataset" if kind.windows else "TiledDataset")
        samples = [dataset[index] for index in range(len(dataset))]
        assert samples[0]["inputs"].dtype == getattr(torch, kind.dtype)
        batch = {key: [sample[key] for sample in samples] for key in samples[0]}
        images = normalise({"source": batch})["inputs"]["source"]
        assert images.mean((0, 2, 3)).abs().max() < 1e-3
        assert (images.std((0, 2, 3)) - 1).abs().max() < 1e-2


def test_source_images_take_on_the_targets_radiometry(kind):
    """The written pipeline, jitter apart: twice as bright, of the same type, not clipped."""
    data = load_config(str(kind.out / "adapted.py")).train_dataloader.dataset
    target = DATASETS.build({**data.target, "pipeline": [data.target.pipeline[0]]})
    steps = [step for step in data.source.pipeline if step.type in ("LoadTile", "MatchDomain")]
    assert len(steps) == 2
    steps[1]["prob"] = 1.0
    source = DATASETS.build({**data.source, "pipeline": steps})
    means = [np.mean([d[i]["img"].mean() for i in range(len(d))]) for d in (source, target)]
    assert means[0] == pytest.approx(means[1], rel=0.03)
    jitter = next(step for step in data.source.pipeline if step.type == "RadiometricJitter")
    varied = DATASETS.build({**data.source, "pipeline": [*steps, {**jitter, "prob": 1.0}]})
    with seeded(0, 0, 0):
        images = [varied[i % len(varied)]["img"] for i in range(12)]
    assert {image.dtype for image in images} == {np.dtype(kind.dtype)}
    assert {image.shape for image in images} == {(64, 64, kind.bands)}
    brightness = [image.mean() / means[1] for image in images]
    assert 0.4 < min(brightness) < 1 < max(brightness) < 2
    assert np.mean([image.std() for image in images]) > 0.3 * target[0]["img"].std()


def test_domains_of_different_types_train_without_matching(tmp_path, capsys):
    domain(tmp_path, "s", "train")
    domain(tmp_path, "t", "train val", dtype="uint16", east=1000)
    assert main(["pair", *(str(tmp_path / name) for name in ("s", "t", "o"))]) == 0
    assert "MatchDomain is left out" in capsys.readouterr().err
    config = str(tmp_path / "o/adapted.py")
    assert set(load_config(config).model.data_preprocessor.domains) == {"source", "target"}
    argv = ["train", config, "--work-dir", str(tmp_path / "w"), "--cfg-options", *SMALL]
    assert main(argv) == 0


def test_values_below_zero_go_without_jitter(tmp_path, capsys):
    for index, name in enumerate("st"):
        domain(tmp_path, name, "train val", dtype="float32", scale=-0.1, east=1000 * index)
    assert main(["pair", *(str(tmp_path / name) for name in ("s", "t", "o"))]) == 0
    assert "does not use RadiometricJitter" in capsys.readouterr().err
    config = load_config(str(tmp_path / "o/adapted.py"))
    assert "RadiometricJitter" not in str(config.train_dataloader)
    build_runner(prepare(config, tmp_path / "w"))


def test_missing_rasters_are_seen_before_training(tmp_path, capsys):
    out = make(tmp_path, 3, "uint8", "none", 1.0)
    (tmp_path / "raw/s/s0.tif").unlink()
    assert main(["train", str(out / "adapted.py"), "--work-dir", str(tmp_path / "w")]) == 2
    error = capsys.readouterr().err
    assert "are read from 2 rasters and labels, but 1 of these are missing" in error
    assert "raw/s/s0.tif" in error
