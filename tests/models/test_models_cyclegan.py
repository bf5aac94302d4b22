"""CycleGAN: one joint step equals the published two, networks as published, gradients' routes."""

from __future__ import annotations

import copy

import pytest
import torch
import torch.nn.functional as F
from mmengine.config import ConfigDict
from mmengine.logging import MMLogger
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample

from mmda.engine import JointOptimWrapperConstructor
from mmda.errors import ConfigError
from mmda.models.cyclegan import CycleGAN, PatchDiscriminator, ResNetGenerator
from mmda.registry import MODELS

LOOKS = ("target", "source")
ADAM = dict(type="Adam", lr=2e-3, betas=(0.5, 0.999))
LOSSES = {"loss_adv", "loss_cycle", "loss_identity", "loss_dis"}


def build(seed: int = 0, **kwargs) -> CycleGAN:
    MMLogger.get_current_instance().setLevel("ERROR")
    torch.manual_seed(seed)
    config = ConfigDict(
        type="CycleGAN",
        generator=dict(type="ResNetGenerator", channels=4, blocks=1),
        discriminator=dict(type="PatchDiscriminator", channels=4, num_layers=1),
        **kwargs,
    )
    model = MODELS.build(config)
    model.init_weights()
    return model.train()


def images(seed: int, n: int = 1) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return {
        look: torch.rand(n, 3, 16, 16, generator=generator) * 2 - 1 for look in ("source", "target")
    }


def total(losses: dict) -> torch.Tensor:
    return sum(losses.values())


def published_steps(model: CycleGAN, data: list[dict], pool_size: int, weights: tuple) -> None:
    """The authors' loop: G_A, G_B with frozen discriminators; then D_A, D_B on pooled images."""
    adversarial, cycle, identity = weights
    make, judge = model.generators, model.discriminators
    optimizer_g = torch.optim.Adam(make.parameters(), lr=ADAM["lr"], betas=ADAM["betas"])
    optimizer_d = torch.optim.Adam(judge.parameters(), lr=ADAM["lr"], betas=ADAM["betas"])
    pools: dict[str, list] = {look: [] for look in LOOKS}

    def query(pool: list, batch: torch.Tensor) -> torch.Tensor:
        returned = []
        for image in batch.detach():
            if len(pool) < pool_size:
                pool.append(image.clone())
                returned.append(image)
            elif torch.rand(()) < 0.5:
                returned.append(image)
            else:
                index = int(torch.randint(pool_size, ()))
                returned.append(pool[index].clone())
                pool[index] = image.clone()
        return torch.stack(returned)

    def mse(scores: torch.Tensor, label: float) -> torch.Tensor:
        return ((scores - label) ** 2).mean()

    for one in data:
        a, b = one["source"], one["target"]
        judge.requires_grad_(False)
        optimizer_g.zero_grad()
        fake_b, fake_a = make["target"](a), make["source"](b)
        loss = adversarial * (mse(judge["target"](fake_b), 1) + mse(judge["source"](fake_a), 1))
        loss = loss + cycle * (make["source"](fake_b) - a).abs().mean()
        loss = loss + cycle * (make["target"](fake_a) - b).abs().mean()
        loss = loss + identity * (make["target"](b) - b).abs().mean()
        loss = loss + identity * (make["source"](a) - a).abs().mean()
        loss.backward()
        optimizer_g.step()
        judge.requires_grad_(True)
        optimizer_d.zero_grad()
        for look, real, fake in (("target", b, fake_b), ("source", a, fake_a)):
            pooled = query(pools[look], fake)
            (0.5 * (mse(judge[look](real), 1) + mse(judge[look](pooled), 0))).backward()
        optimizer_d.step()
    for look in LOOKS:
        torch.testing.assert_close(model.pools[look].images, torch.stack(pools[look]))


@pytest.mark.parametrize("weights", [(1.0, 10.0, 5.0), (3.0, 1.0, 0.0)])
@pytest.mark.parametrize("batch_size", [1, 3])
def test_joint_step_equals_the_published_update(weights, batch_size):
    named = dict(zip(("adversarial", "cycle", "identity"), weights, strict=True))
    joint = build(weights=named, pool_size=2).double()  # Adam blows up rounding noise
    start, oracle = copy.deepcopy(joint), copy.deepcopy(joint)
    data = [{k: v.double() for k, v in images(seed, batch_size).items()} for seed in range(6)]
    config = ConfigDict(
        optimizers=dict(
            generator=dict(params="generators.*", optimizer=ADAM),
            discriminator=dict(params="discriminators.*", optimizer=ADAM),
        )
    )
    wrapper = JointOptimWrapperConstructor(config)(joint)
    torch.manual_seed(7)
    for one in data:
        with wrapper.optim_context(joint):
            loss, _ = joint.parse_losses(joint(one, mode="loss"))
        wrapper.update_params(loss)
    for look in LOOKS:  # what the oracle's pools must end up with
        oracle.pools[look].images = joint.pools[look].images
    torch.manual_seed(7)
    published_steps(oracle, data, 2, weights)
    for (name, mine), other, before in zip(
        joint.named_parameters(), oracle.parameters(), start.parameters(), strict=True
    ):
        moved = (mine - before).abs().max()
        difference = (mine - other).abs().max()
        if name.endswith("weight"):  # a bias before an instance norm has no gradient but noise
            assert moved > 1e-3
            assert difference <= 1e-7, name


def test_each_loss_reaches_its_own_networks_alone():
    model = build()
    losses = model(images(0), mode="loss")
    assert set(losses) == {f"{look}.{name}" for look in LOOKS for name in LOSSES}
    for name, loss in losses.items():
        model.zero_grad(set_to_none=True)
        loss.backward(retain_graph=True)
        look, kind = name.split(".")
        reached = {
            ".".join(part.split(".")[:2])
            for part, p in model.named_parameters()
            if p.grad is not None and p.grad.abs().sum() > 0
        }
        expected = {
            "loss_adv": {f"generators.{look}"},
            "loss_cycle": {"generators.target", "generators.source"},
            "loss_identity": {f"generators.{look}"},
            "loss_dis": {f"discriminators.{look}"},
        }
        assert reached == expected[kind], name
    assert all(p.requires_grad for p in model.parameters())


def test_an_untrained_direction_does_not_change_the_other():
    model = build()
    one = images(0)
    assert torch.equal(model(one["source"]), model.generators["target"](one["source"]))
    assert torch.equal(model.translate(one["target"], "source"),
                       model.generators["source"](one["target"]))  # fmt: skip
    assert not torch.equal(model(one["source"]), model.translate(one["source"], "source"))


def test_no_identity_no_passes():
    model = build(weights=dict(identity=0.0))
    calls = []
    for look in LOOKS:
        model.generators[look].register_forward_hook(lambda *_, look=look: calls.append(look))
    losses = model(images(0), mode="loss")
    assert sorted(calls) == ["source", "source", "target", "target"]
    assert not any("identity" in name for name in losses)


@pytest.mark.parametrize("gan", ["lsgan", "vanilla"])
def test_adversarial_losses_of_a_blind_discriminator(gan):
    model = build(gan=gan)
    for p in model.discriminators.parameters():
        torch.nn.init.zeros_(p)
    losses = model(images(0), mode="loss")
    adversarial, judging = (1.0, 0.5) if gan == "lsgan" else (0.6931, 0.6931)
    for look in LOOKS:
        assert losses[f"{look}.loss_adv"].item() == pytest.approx(adversarial, abs=1e-4)
        assert losses[f"{look}.loss_dis"].item() == pytest.approx(judging, abs=1e-4)


def test_errors():
    with pytest.raises(ConfigError, match=r"unknown weight `cycles`.* Did you mean `cycle`"):
        build(weights=dict(cycles=1.0))
    with pytest.raises(ConfigError, match="yields \\['source'\\]"):
        build()({"source": images(0)["source"]}, mode="loss")
    with pytest.raises(ConfigError, match="unknown `upsample` 'bilinear'"):
        ResNetGenerator(upsample="bilinear")


@pytest.mark.parametrize(
    ("module", "millions"), [(ResNetGenerator(), 11.378), (PatchDiscriminator(), 2.765)]
)
def test_networks_have_the_published_number_of_parameters(module, millions):
    """The figures that the authors' code prints."""
    assert sum(p.numel() for p in module.parameters()) / 1e6 == pytest.approx(millions, abs=5e-4)


@pytest.mark.parametrize("upsample", ["transposed", "resize"])
@pytest.mark.parametrize("size", [(32, 32), (33, 50), (31, 35)])
def test_translated_images_keep_their_size(upsample, size):
    generator = ResNetGenerator(bands=4, channels=4, blocks=2, upsample=upsample)
    generator.init_weights()
    inputs = torch.rand(2, 4, *size) * 2 - 1
    outputs = generator(inputs)
    assert outputs.shape == inputs.shape
    assert outputs.abs().max() <= 1


@pytest.mark.parametrize(("num_layers", "patch"), [(1, 16), (2, 34), (3, 70)])
def test_size_of_the_judged_patches(num_layers, patch):
    """Without instance norm, which looks at the whole map, a score depends on its patch alone."""
    judge = PatchDiscriminator(channels=2, num_layers=num_layers).double()
    for layer in judge.modules():
        if isinstance(layer, torch.nn.Conv2d):
            torch.nn.init.constant_(layer.weight, 0.01)
    linear = torch.nn.Sequential(*(m for m in judge.layers if isinstance(m, torch.nn.Conv2d)))
    inputs = torch.zeros(1, 3, 192, 192, dtype=torch.double, requires_grad=True)
    scores = linear(inputs)
    scores[0, 0, scores.shape[2] // 2, scores.shape[3] // 2].backward()
    rows = inputs.grad[0, 0].abs().sum(1).nonzero()
    assert int(rows.max() - rows.min()) + 1 == patch


def test_half_precision_trains_and_fills_the_pools():
    model = build(pool_size=1)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        for seed in range(3):
            loss = total(model(images(seed), mode="loss"))
    loss.backward()
    assert torch.isfinite(loss)
    assert all(torch.isfinite(p.grad).all() for p in model.parameters())
    assert model.pools["target"].images.dtype == torch.float32


def test_cycle_loss_is_the_mean_distance_of_the_round_trip():
    model, one = build(), images(3, 2)
    back = model.translate(model(one["source"]), "source")
    expected = 10 * F.l1_loss(back, one["source"])
    torch.testing.assert_close(model(one, mode="loss")["target.loss_cycle"], expected)


def with_holes(n: int = 2) -> tuple[dict, dict]:
    """Samples by domain in which the first image's upper half does not count, and the masks."""
    masks = {look: torch.ones(n, 16, 16, dtype=torch.bool) for look in LOOKS}
    samples = {}
    for look, mask in masks.items():
        mask[0, :8] = False
        samples[look] = [SegDataSample(valid=PixelData(data=one[None])) for one in mask]
    return samples, masks


def test_pixels_that_do_not_count_are_part_of_no_loss():
    model, data = build(pool_size=0), images(0, 2)
    samples, masks = with_holes()
    losses = model(data, samples, mode="loss")
    make, judge = model.generators, model.discriminators
    for look, other in (("target", "source"), ("source", "target")):
        mask, before = masks[other][:, None], data[other]
        made = make[look](before)
        back = (make[other](made) - before).abs()[mask.expand_as(before)].mean()
        torch.testing.assert_close(losses[f"{look}.loss_cycle"], 10 * back)
        scores = [judge[look](image * mask) for image in (made, data[look])]
        seen = F.interpolate(mask.float(), scores[0].shape[-2:], mode="nearest-exact") > 0
        torch.testing.assert_close(
            losses[f"{look}.loss_adv"], (scores[0][seen] - 1).square().mean()
        )
        fake, real = scores[0][seen].square().mean(), (scores[1][seen] - 1).square().mean()
        torch.testing.assert_close(losses[f"{look}.loss_dis"], (fake + real) / 2)


def test_a_pool_remembers_which_pixels_do_not_count():
    """Also of images that it returns in a later iteration, in which all pixels count."""
    model, data = build(pool_size=2), images(0, 2)
    samples, masks = with_holes()
    model(data, samples, mode="loss")
    pool = model.pools["target"]
    marked = (pool.images == 2).all(1)
    assert torch.equal(marked, ~masks["source"])
    assert (pool.images.where(~marked[:, None], 0).abs() <= 1).all()
