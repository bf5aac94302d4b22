"""The paired dataset: a sample is a function of its position alone."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch
from mmengine.dataset import pseudo_collate
from mmengine.registry import init_default_scope
from torch.utils.data import DataLoader, Dataset

from mmda.datasets import BuildingDataset, PairedDomainDataset, PairedDomainSampler, PairIndex
from mmda.errors import DataError
from mmda.raster.dataset.training_data import TrainingData

AUGMENT = [
    dict(type="LoadTile"),
    dict(type="RandomCrop", crop_size=(32, 32)),
    dict(type="RandomFlip", prob=0.5),
    dict(type="RandomRotate90"),
    dict(type="KeepWeakView"),
    dict(type="RadiometricJitter"),
    dict(type="PackDomainInputs"),
]


@pytest.fixture
def dataset(toy_root) -> PairedDomainDataset:
    init_default_scope("mmda")
    root = toy_root / "buildings"
    return PairedDomainDataset(
        BuildingDataset(str(root / "source"), pipeline=AUGMENT),
        BuildingDataset(str(root / "target"), labelled=False, pipeline=AUGMENT),
    )


class Noise(Dataset):
    """A dataset whose samples draw from all three generators."""

    def __init__(self, size: int) -> None:
        self.size = size

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> tuple:
        return index, random.random(), float(np.random.rand()), float(torch.rand(()))


def test_packs_both_domains(dataset):
    sample = dataset[PairIndex(0, 1, 0, 0)]
    assert set(sample) == {"source", "target"}
    assert sample["source"]["inputs"].shape == (3, 32, 32)
    assert sample["source"]["data_samples"].gt_sem_seg.data.shape == (1, 32, 32)
    assert "gt_sem_seg" not in sample["target"]["data_samples"]
    assert sample["target"]["data_samples"].domain == "target"
    assert sample["target"]["weak_inputs"].shape == (3, 32, 32)
    assert dataset.metainfo["classes"] == ("background", "building")
    assert (dataset.source_size, dataset.target_size, len(dataset)) == (8, 4, 8)


def test_same_position_same_sample_whatever_was_drawn_before():
    paired = PairedDomainDataset(Noise(5), Noise(5))
    first = paired[PairIndex(1, 2, 7, 0)]
    random.random(), np.random.rand(9), torch.rand(9)
    paired[PairIndex(3, 3, 2, 0)]
    assert paired[PairIndex(1, 2, 7, 0)] == first
    assert paired[PairIndex(1, 2, 8, 0)]["source"][1:] != first["source"][1:]  # position
    assert paired[PairIndex(1, 2, 7, 1)]["source"][1:] != first["source"][1:]  # seed
    assert first["source"][1:] != first["target"][1:]  # domain
    assert len(set(first["source"][1:])) == 3


def test_generators_of_the_program_are_not_touched():
    paired = PairedDomainDataset(Noise(5), Noise(5))
    draws = []
    for read in (False, True):
        random.seed(1), np.random.seed(2), torch.manual_seed(3)
        if read:
            paired[PairIndex(0, 0, 0, 0)]
        draws.append((random.random(), float(np.random.rand()), float(torch.rand(()))))
    assert draws[0] == draws[1]


def test_any_number_of_workers_gives_the_same_batches(dataset):
    streams = []
    for workers in (0, 2):
        torch.manual_seed(workers)
        loader = DataLoader(
            dataset,
            batch_size=2,
            sampler=PairedDomainSampler(dataset, seed=3),
            num_workers=workers,
            collate_fn=pseudo_collate,
            multiprocessing_context="fork" if workers else None,
        )
        batches = iter(loader)
        streams.append([next(batches) for _ in range(4)])
        del batches
    for one, other in zip(*streams, strict=True):
        for domain in ("source", "target"):
            for key in ("inputs", "weak_inputs"):
                for a, b in zip(one[domain][key], other[domain][key], strict=True):
                    assert torch.equal(a, b)
        labels = [[s.gt_sem_seg.data for s in x["source"]["data_samples"]] for x in (one, other)]
        assert all(torch.equal(a, b) for a, b in zip(*labels, strict=True))


def test_source_only_has_no_target():
    paired = PairedDomainDataset(Noise(5))
    assert set(paired[PairIndex(0, -1, 0, 0)]) == {"source"}
    assert (paired.target_size, len(paired)) == (0, 5)


@pytest.mark.parametrize(("source", "target"), [(5, 3), (3, 5)])
def test_a_plain_index_works_too(source, target):
    sample = PairedDomainDataset(Noise(source), Noise(target))[4]
    assert (sample["source"][0], sample["target"][0]) == (4 % source, 4 % target)


@pytest.mark.parametrize(("sizes", "domain"), [((0, 3), "source"), ((3, 0), "target")])
def test_an_empty_domain_is_named(sizes, domain):
    with pytest.raises(DataError, match=f"The {domain} domain is empty"):
        PairedDomainDataset(*map(Noise, sizes))


def test_a_checkpoint_remembers_the_target_data(toy_root):
    """What `mmda predict` reads from a checkpoint is the target's, where there is a target."""
    parts = {
        name: BuildingDataset(str(toy_root / "buildings" / name)) for name in ("source", "target")
    }
    for domain, dataset in parts.items():
        kept = PairedDomainDataset(dataset).metainfo["training_data"]
        assert TrainingData.from_json(kept) == TrainingData.of(dataset.info), domain
    both = PairedDomainDataset(parts["source"], parts["target"]).metainfo
    assert both["training_data"] == parts["target"].metainfo["training_data"]
    assert both["classes"] == parts["source"].metainfo["classes"]
