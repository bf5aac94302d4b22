"""A CycleGAN whose frozen segmentor watches over content: BDL's and CyCADA's terms."""

from __future__ import annotations

import pytest
import torch
from mmengine.config import ConfigDict
from mmengine.logging import MMLogger
from mmengine.registry import init_default_scope
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample
from model_samples import build as build_segmentor
from model_samples import segmentor_config
from torch.nn import functional as F

from mmda.engine import JointOptimWrapperConstructor
from mmda.engine.checkpoint import load_weights
from mmda.errors import ConfigError
from mmda.models.cyclegan import CycleGAN
from mmda.models.cyclegan.content import TERMS
from mmda.registry import MODELS

SIZE = 32
LOOKS = ("target", "source")
HALF = dict(type="DomainDataPreprocessor", mean=[127.5] * 3, std=[127.5] * 3)
OWN = dict(
    type="DomainDataPreprocessor",
    mean=[100.0, 110.0, 120.0],
    std=[50.0, 60.0, 70.0],
    domains=dict(target=dict(mean=[90.0, 95.0, 99.0], std=[40.0, 41.0, 42.0])),
)
WEIGHTS = dict(perceptual=0.1, perceptual_cycle=10.0, semantic=2.0)


def build(weights=WEIGHTS, **changes) -> CycleGAN:
    init_default_scope("mmda")
    MMLogger.get_current_instance().setLevel("ERROR")
    torch.manual_seed(0)
    watching = dict(segmentor=segmentor_config(), segmentor_preprocessor=OWN)
    config = dict(
        type="CycleGAN",
        generator=dict(type="ResNetGenerator", channels=4, blocks=1),
        discriminator=dict(type="PatchDiscriminator", channels=4, num_layers=1),
        data_preprocessor=HALF,
        weights=weights,
    )
    model = MODELS.build(ConfigDict({**config, **watching, **changes}))
    model.init_weights()
    return model.train()


@pytest.fixture
def checkpoint(tmp_path):
    """A checkpoint of a segmentor's training."""
    path = tmp_path / "segmentor.pth"
    torch.save({"state_dict": build_segmentor(segmentor_config(), seed=3).state_dict()}, path)
    return path


@pytest.fixture
def model(checkpoint):
    watched = build()
    load_weights(watched, checkpoint)
    return watched.train()


def images() -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    return {look: torch.rand(2, 3, SIZE, SIZE, generator=generator) * 2 - 1 for look in LOOKS}


def published(model: CycleGAN, data: dict) -> dict[str, torch.Tensor]:
    """The terms written out, with the pixels in the segmentor's own normalisation."""

    def logits(pixels, look):
        means = OWN if look == "source" else OWN["domains"]["target"]
        mean, std = (torch.tensor(means[key])[:, None, None] for key in ("mean", "std"))
        seen = ((pixels + 1) * 127.5 - mean) / std
        found = model.segmentor.decode_head(model.segmentor.backbone(seen))
        return F.interpolate(found, (SIZE, SIZE), mode="bilinear", align_corners=False)

    losses = {}
    for look, other in (("target", "source"), ("source", "target")):
        before = data[other]
        made = model.generators[look](before)
        back = model.generators[other](made)
        expected = logits(before, other).detach()
        likely = expected.softmax(1)
        entropy = -logits(made, look).log_softmax(1).gather(1, expected.argmax(1)[:, None])
        terms = {
            "perceptual": (logits(made, look).softmax(1) - likely).abs().mean(),
            "perceptual_cycle": (logits(back, other).softmax(1) - likely).abs().mean(),
            "semantic": entropy.mean(),
        }
        losses |= {f"{look}.loss_{name}": WEIGHTS[name] * value for name, value in terms.items()}
    return losses


def gradients(model, loss) -> list:
    model.zero_grad(set_to_none=True)
    loss.backward()
    return [None if p.grad is None else p.grad.clone() for p in model.parameters()]


def test_values_and_gradients_are_the_papers(model):
    data = images()
    expected = published(model, data)
    for name in expected:
        loss = model(data, mode="loss")[name]
        torch.testing.assert_close(loss, expected[name])
        mine, theirs = gradients(model, loss), gradients(model, published(model, data)[name])
        for one, other in zip(mine, theirs, strict=True):
            torch.testing.assert_close(one, other, atol=1e-6, rtol=1e-4)


def test_terms_teach_the_generators_alone(model):
    losses = model(images(), mode="loss")
    reach = {
        "loss_perceptual": lambda look: {f"generators.{look}"},
        "loss_semantic": lambda look: {f"generators.{look}"},
        "loss_perceptual_cycle": lambda look: {"generators.target", "generators.source"},
    }
    for look in LOOKS:
        for name, parts in reach.items():
            model.zero_grad(set_to_none=True)
            losses[f"{look}.{name}"].backward(retain_graph=True)
            reached = {
                ".".join(part.split(".")[:2])
                for part, p in model.named_parameters()
                if p.grad is not None and p.grad.abs().sum() > 0
            }
            assert reached == parts(look), name


def test_a_step_leaves_the_segmentor_as_it_is(model):
    adam = dict(type="Adam", lr=1e-2)
    config = ConfigDict(
        optimizers=dict(
            generator=dict(params="generators.*", optimizer=adam),
            discriminator=dict(params="discriminators.*", optimizer=adam),
        )
    )
    wrapper = JointOptimWrapperConstructor(config)(model)
    before = {key: value.clone() for key, value in model.segmentor.state_dict().items()}
    assert not any(module.training for module in model.segmentor.modules())
    samples = [SegDataSample(), SegDataSample()]
    batch = {look: dict(inputs=list(images()[look]), data_samples=samples) for look in LOOKS}
    model.train_step(batch, wrapper)
    for key, value in model.segmentor.state_dict().items():
        assert torch.equal(value, before[key])


def test_pixels_that_do_not_count_reach_nothing(model):
    """The segmentor sees 0 there and no loss is taken there."""
    data = images()
    valid = torch.ones(SIZE, SIZE, dtype=torch.bool)
    valid[:, SIZE // 2 :] = False
    samples = {look: [sample(valid), sample(valid)] for look in LOOKS}
    terms = [f"{look}.loss_{name}" for look in LOOKS for name in TERMS]
    inputs = {look: image.clone().requires_grad_() for look, image in data.items()}
    made = model.translate(inputs["source"])
    made.retain_grad()
    mask = valid.expand(2, -1, -1)
    losses = model._content_losses("target", inputs["source"], made, made, mask)
    sum(losses.values()).backward()
    assert made.grad[..., : SIZE // 2].abs().sum() > 0
    assert made.grad[..., SIZE // 2 :].abs().sum() == 0
    whole, part = model(data, mode="loss"), model(data, samples, mode="loss")
    assert all(torch.isfinite(part[name]) and part[name] != whole[name] for name in terms)


def sample(valid: torch.Tensor) -> SegDataSample:
    packed = SegDataSample()
    packed.valid = PixelData(data=valid[None])
    return packed


def test_without_weights_of_the_segmentor_nothing_is_trained():
    with pytest.raises(ConfigError, match="has no weights"):
        build()(images(), mode="loss")


def test_its_own_checkpoint_brings_the_segmentor_along(model, tmp_path):
    torch.save({"state_dict": model.state_dict()}, path := tmp_path / "cyclegan.pth")
    other = build()
    load_weights(other, path)
    for mine, theirs in zip(model.parameters(), other.parameters(), strict=True):
        assert torch.equal(mine, theirs)
    assert other(images(), mode="loss")


def test_a_checkpoint_of_another_segmentor(tmp_path):
    config = segmentor_config()
    config["decode_head"]["num_classes"] = 5
    torch.save({"state_dict": build_segmentor(config).state_dict()}, path := tmp_path / "5.pth")
    with pytest.raises(ConfigError, match="5 classes"):
        load_weights(build(), path)


def test_a_term_without_a_segmentor():
    with pytest.raises(ConfigError, match="need a `segmentor`"):
        build(segmentor=None)


def test_without_the_terms_there_is_no_segmentor():
    assert not hasattr(build(weights={}, segmentor=None), "segmentor")
