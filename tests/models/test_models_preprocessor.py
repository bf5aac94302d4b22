"""Normalisation with each domain's own statistics, for any band count."""

from __future__ import annotations

import pytest
import torch
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample

from mmda.errors import ConfigError, DataError
from mmda.models import DomainDataPreprocessor
from mmda.models.alignments import DomainImages


def part(images: list, domain: str | None = None, labelled: bool = True, **extra) -> dict:
    samples = []
    for image in images:
        meta = {"img_path": "tile.tif", "img_shape": image.shape[1:]}
        sample = SegDataSample(metainfo=meta if domain is None else {**meta, "domain": domain})
        if labelled:
            label = torch.zeros(1, *image.shape[1:], dtype=torch.long)
            sample.gt_sem_seg = PixelData(data=label)
        samples.append(sample)
    return {"inputs": images, "data_samples": samples, **extra}


def values(bands: int, value: float, size=(4, 4), dtype=torch.uint8) -> torch.Tensor:
    return torch.full((bands, *size), value, dtype=dtype)


@pytest.mark.parametrize("bands", [1, 3, 4, 5])
@pytest.mark.parametrize("dtype", [torch.uint8, torch.uint16, torch.float32])
def test_each_domain_has_its_own_statistics(bands, dtype):
    mean, std = [10.0 * (b + 1) for b in range(bands)], [2.0 + b for b in range(bands)]
    target = dict(mean=[m + 20 for m in mean], std=[2 * s for s in std])
    pre = DomainDataPreprocessor(mean, std, domains=dict(target=target))
    image = values(bands, 50, dtype=dtype)
    batch = pre({"source": part([image] * 2), "target": part([image])}, training=True)
    for b in range(bands):
        source = (50 - mean[b]) / std[b]
        assert batch["inputs"]["source"][:, b].unique().item() == pytest.approx(source)
        expected = (50 - mean[b] - 20) / (2 * std[b])
        assert batch["inputs"]["target"][:, b].unique().item() == pytest.approx(expected)
    assert batch["inputs"]["source"].shape == (2, bands, 4, 4)


TWO = dict(domains=dict(source=dict(mean=[1], std=[1]), target=dict(mean=[2], std=[1])))


@pytest.mark.parametrize(
    ("test_domain", "domain", "expected"),
    [
        ("target", None, 8.0),
        ("source", None, 9.0),
        ("target", "source", 9.0),
        ("source", "target", 8.0),
        ("target", "rainy", 8.0),
    ],
)
def test_at_test_time_the_sample_names_its_domain(test_domain, domain, expected):
    pre = DomainDataPreprocessor([0], [1], **TWO, test_domain=test_domain)
    got = pre(part([values(1, 10)], domain))["inputs"]
    assert got.unique().tolist() == [expected]


def test_without_samples_the_test_domain_counts():
    pre = DomainDataPreprocessor([0], [1], **TWO)
    assert pre({"inputs": [values(1, 10)]})["inputs"].unique().tolist() == [8.0]


def test_target_only_training_normalises_as_its_evaluation():
    """Its ``source`` is the target domain."""
    pre = DomainDataPreprocessor([0], [1], **TWO)
    data = part([values(1, 10)], "target", weak_inputs=[values(1, 20)])
    batch = pre({"source": data}, training=True)
    assert batch["inputs"]["source"].unique().tolist() == [8.0]
    assert batch["weak_inputs"]["source"].unique().tolist() == [18.0]


def test_weak_views_are_normalised_with_their_domain():
    pre = DomainDataPreprocessor([0], [1], **TWO)
    target = part([values(1, 10)], labelled=False, weak_inputs=[values(1, 30)])
    batch = pre({"source": part([values(1, 10)]), "target": target}, training=True)
    assert batch["weak_inputs"]["target"].unique().tolist() == [28.0]
    assert set(batch["weak_inputs"]) == {"target"}


@pytest.mark.parametrize("option", [dict(size=(6, 8)), dict(size_divisor=4)])
def test_training_crops_are_padded_with_ignore(option):
    pre = DomainDataPreprocessor([5], [1], **option)
    small = [values(1, 9, (5, 6)), values(1, 9, (6, 8))]
    target = part([small[0]], labelled=False, weak_inputs=[small[0]])
    batch = pre({"source": part(small), "target": target}, training=True)
    size = (6, 8) if "size" in option else (8, 8)
    assert batch["inputs"]["source"].shape[-2:] == size
    assert batch["inputs"]["source"][0, 0].sum() == 4 * 30  # padding is 0 after normalisation
    label = batch["data_samples"]["source"][0].gt_sem_seg.data
    assert label.shape[-2:] == size
    assert (label == 255).sum() == size[0] * size[1] - 30
    assert batch["weak_inputs"]["target"].shape == batch["inputs"]["target"].shape


def test_evaluation_is_not_padded():
    pre = DomainDataPreprocessor([5], [1], size=(8, 8))
    assert pre(part([values(1, 9, (5, 6))]))["inputs"].shape == (1, 1, 5, 6)


def test_wrong_band_count_names_the_file():
    pre = DomainDataPreprocessor([0, 0, 0], [1, 1, 1])
    with pytest.raises(DataError, match=r"`tile.tif` has 4 bands.*preprocessor has 3.*in_channels"):
        pre({"source": part([values(4, 1)])}, training=True)


def test_sizes_that_differ_name_the_remedy():
    pre = DomainDataPreprocessor([0], [1])
    with pytest.raises(DataError, match=r"differ in size.*Set `size`"):
        pre({"source": part([values(1, 1), values(1, 1, (4, 6))])}, training=True)


@pytest.mark.parametrize(
    "statistics",
    [
        dict(mean=[0, 0], std=[1]),
        dict(mean=[0], std=[0]),
        dict(mean=[0], std=[1], domains=dict(target=dict(mean=[0, 1], std=[1, 1]))),
    ],
)
def test_faulty_statistics(statistics):
    with pytest.raises(ConfigError, match="one per band"):
        DomainDataPreprocessor(**statistics)


def test_statistics_are_not_in_checkpoints():
    assert not DomainDataPreprocessor([0], [1], **TWO).state_dict()


@pytest.mark.parametrize("labelled", [True, False])
@pytest.mark.parametrize("options", [dict(size=(8, 8)), dict(size_divisor=8)])
def test_padding_does_not_count(options, labelled):
    images = [values(1, 50, (5, 7)), values(1, 50, (8, 8))]
    batch = DomainDataPreprocessor([0], [1], **options)(
        {"source": part(images, labelled=labelled)}, training=True
    )
    inputs, samples = batch["inputs"]["source"], batch["data_samples"]["source"]
    valid = DomainImages(inputs, samples, inputs).valid()
    assert torch.equal(valid, inputs[:, 0] == 50)
    assert 0 < valid[0].sum() < 64
    assert valid[1].all()
