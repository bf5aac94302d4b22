"""Pixels that do not count change no loss, and no gradient of pixels that do."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace

import pytest
import torch
from alignment_cases import CASES, VARIANTS, prepare
from mmengine.structures import PixelData
from model_samples import BATCH_NORM, CLASSES, build, samples, segmentor_config
from torch import Tensor, nn

from mmda.models.alignments import DomainBatch, DomainImages, UDAContext
from mmda.models.alignments.valid_area import judged
from mmda.models.discriminators import PixelDiscriminator
from mmda.registry import MODELS

CHANNELS = (8, 16, 32, 64)
SIZES = {"source": (32, 32), "target": (32, 32)}
UNEQUAL = {"source": (32, 48), "target": (40, 32)}


class Head(nn.Module):
    """Classifies each cell by itself, so that it has no receptive field."""

    align_corners = False

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(7)
        self.layers = nn.ModuleDict({str(c): nn.Conv2d(c, CLASSES, 1) for c in (3, CHANNELS[-1])})
        self.conv_seg = nn.Conv2d(3, CLASSES, 1)  # which CLAN compares

    def forward(self, maps: Tensor | Sequence[Tensor]) -> Tensor:
        maps = maps if isinstance(maps, Tensor) else maps[-1]
        return self.layers[str(maps.shape[1])](maps)


def alignment_of(name: str, index: int) -> nn.Module:
    """An alignment, attached to a segmentor whose layers have no statistics over the maps."""
    config = dict(type=name, **CASES[name][index])
    teacher = dict() if "teacher" in MODELS.build(config).needs else None
    parts = dict(alignments=dict(it=config), teacher=teacher)
    model = prepare(build(segmentor_config(norm=BATCH_NORM, aux=True), **parts))
    alignment = model.alignments["it"]
    if hasattr(alignment, "source_decoder"):
        alignment.source_decoder.eval()
    return alignment


def masks_of(size: tuple[int, int], seed: int) -> Tensor:
    """Two masks of blocks of 8 x 8; the second image is padded at its right."""
    generator = torch.Generator().manual_seed(seed)
    blocks = torch.rand(2, size[0] // 8, size[1] // 8, generator=generator) < 0.6
    masks = blocks.repeat_interleave(8, 1).repeat_interleave(8, 2)
    masks[1], masks[1, :, -16:] = True, False
    return masks


def iteration(sizes: dict[str, tuple[int, int]], noise: float) -> tuple[UDAContext, dict, dict]:
    """A context; its maps, all of the images' size; and the masks of pixels that count.

    Args:
        sizes: Size of each domain's images.
        noise: Size of what is added to all maps where pixels do not count.
    """
    generator, other = (torch.Generator().manual_seed(seed) for seed in (0, 99))
    domains, leaves, masks, teacher = {}, {}, {}, {}
    for number, (name, size) in enumerate(sizes.items()):
        valid = masks[name] = masks_of(size, number)

        def maps(channels: int, size: tuple = size, valid: Tensor = valid) -> Tensor:
            made = torch.randn(2, channels, *size, generator=generator)
            added = noise * torch.randn(made.shape, generator=other)
            return torch.where(valid[:, None], made, made + added)

        images, logits = maps(3), {head: maps(CLASSES) for head in ("decode", "aux")}
        feats = [maps(c) for c in CHANNELS]
        leaves[name] = [x.requires_grad_() for x in (*logits.values(), *feats)]
        teacher[name] = (3 * maps(CLASSES)).softmax(1)
        labels = torch.randint(0, CLASSES, (2, *size), generator=generator)
        packed = samples(labels.masked_fill(~valid, 255))
        for sample, label, mask in zip(packed, labels, valid, strict=True):
            changed = torch.where(mask, label, int(noise > 0))
            sample.pseudo_sem_seg = PixelData(data=changed[None])
        packed[0].valid = PixelData(data=valid[:1])
        packed[1].set_metainfo({"img_shape": (size[0], size[1] - 16)})
        domains[name] = DomainBatch(images, packed, images, feats, logits)
    student = SimpleNamespace(
        extract_feat=lambda x: x,
        decode_head=Head(),
        with_auxiliary_head=True,
        auxiliary_head=Head(),
    )
    context = UDAContext(**domains, step=0, segmentor=student, teacher=lambda _: teacher["target"])
    return context, leaves, masks


def results(name: str, index: int, sizes: dict, noise: float) -> tuple[dict, dict, dict]:
    """The losses, the gradients of all maps by domain, and the masks."""
    alignment = alignment_of(name, index)
    context, leaves, masks = iteration(sizes, noise)
    torch.manual_seed(5)
    losses = alignment(context)
    every = [leaf for domain in leaves.values() for leaf in domain]
    total = sum(value for key, value in losses.items() if "loss" in key)
    grads = iter(torch.autograd.grad(total, every, allow_unused=True))
    found = {name: [next(grads) for _ in domain] for name, domain in leaves.items()}
    return {k: v.detach() for k, v in losses.items()}, found, masks


def check(name: str, index: int, sizes: dict) -> None:
    losses, grads, masks = results(name, index, sizes, 0.0)
    noisy, noisy_grads, _ = results(name, index, sizes, 10.0)
    assert any(float(v) != 0 for k, v in losses.items() if "loss" in k)
    for key, value in losses.items():
        torch.testing.assert_close(noisy[key], value, rtol=1e-5, atol=1e-7, msg=key)
    reached = 0
    for domain, mask in masks.items():
        for one, two in zip(grads[domain], noisy_grads[domain], strict=True):
            if one is None:
                continue
            outside = ~mask[:, None].expand_as(one)
            assert not one[outside].any()
            assert not two[outside].any()
            scale = float(one.abs().max())
            torch.testing.assert_close(two, one, rtol=1e-4, atol=1e-5 * scale)
            reached += bool(one.any())
    mixed = CASES[name][index].get("mix") == "class"  # the student runs again, on mixed images
    assert reached or mixed


@pytest.mark.parametrize(("name", "index"), VARIANTS, ids=[f"{n}-{i}" for n, i in VARIANTS])
def test_outputs_that_do_not_count_change_nothing(name, index):
    check(name, index, SIZES)


@pytest.mark.parametrize(
    ("name", "index"),
    [("OutputAdversarial", 0), ("FeatureAdversarial", 0), ("GroupAlignment", 0), ("AIM", 2)],
)
def test_domains_of_different_sizes(name, index):
    check(name, index, UNEQUAL)


@pytest.mark.parametrize(("name", "index"), VARIANTS, ids=[f"{n}-{i}" for n, i in VARIANTS])
def test_domains_without_any_pixel_that_counts(name, index):
    """The losses are finite, and no gradient is nan."""
    alignment = alignment_of(name, index)
    context, leaves, _ = iteration(SIZES, 0.0)
    for domain in (context.source, context.target):
        for sample in domain.samples:
            sample.valid = PixelData(data=torch.zeros(1, 32, 32, dtype=torch.bool))
            sample.gt_sem_seg.data.fill_(255)
    losses = alignment(context)
    assert all(torch.isfinite(value) for value in losses.values())
    every = [leaf for domain in leaves.values() for leaf in domain]
    total = sum(value for key, value in losses.items() if "loss" in key)
    for grad in torch.autograd.grad(total, every, allow_unused=True):
        assert grad is None or not grad.any()


@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("size", [(64, 64), (71, 66)])
def test_judged_cells_are_those_whose_field_has_its_centre_in_a_valid_pixel(layers, size):
    """The field of a cell is found by the gradient of its logit."""
    torch.manual_seed(0)
    discriminator = PixelDiscriminator(1, channels=2, num_layers=layers)
    maps = torch.randn(1, 1, *size, requires_grad=True)
    logits = discriminator(maps)
    mask = torch.rand(1, *size) < 0.5
    found = judged(logits, mask, discriminator)
    assert found.shape == logits.shape
    rows, columns = (range(n)[2:-2][:4] for n in logits.shape[-2:])  # the edge cuts fields
    for y in rows:
        for x in columns:
            (grad,) = torch.autograd.grad(logits[0, 0, y, x], maps, retain_graph=True)
            places = grad[0, 0].nonzero()
            centre = ((places.amin(0) + places.amax(0) + 1) / 2).int()
            assert bool(found[0, 0, y, x]) == bool(mask[0, centre[0], centre[1]])


def test_nothing_is_masked_where_all_pixels_count():
    context, *_ = iteration(SIZES, 0.0)
    for domain in (context.source, context.target):
        assert not domain.all_valid
        assert domain.mask((32, 32)) is not None
        for sample in domain.samples:
            sample.pop("valid") if "valid" in sample else None
            sample.set_metainfo({"img_shape": (32, 32)})
        assert domain.all_valid
        assert domain.mask((32, 32)) is None


def test_a_mask_of_the_labels_size_is_resized_to_the_image():
    """In evaluation, the image is resized and its label is not."""
    valid = torch.ones(1, 16, 32, dtype=torch.bool)
    valid[:, :8] = False
    (sample,) = samples(torch.zeros(1, 16, 32, dtype=torch.long))
    sample.valid = PixelData(data=valid)
    sample.set_metainfo({"img_shape": (8, 16)})
    images = torch.zeros(1, 3, 8, 24)  # padded at the right
    expected = torch.zeros(1, 8, 24, dtype=torch.bool)
    expected[:, 4:, :16] = True
    assert torch.equal(DomainImages(images, [sample], images).valid(), expected)
