"""Networks that adapt while they predict, against slow loops."""

from __future__ import annotations

import copy

import pytest
import torch
from mmengine.registry import init_default_scope
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample
from model_samples import BATCH_NORM, GROUP_NORM, build, segmentor_config
from torch import nn

from mmda.engine.inference import NetworkPredictor
from mmda.errors import ConfigError
from mmda.models.batch_norm import (
    ImageStatistics,
    Tent,
    batch_norm_layers,
    normalise,
    normalised_by_input,
)
from mmda.models.batch_norm.test_time import affine_parameters, mean_entropy


def network(seed: int = 0) -> nn.Module:
    return build(segmentor_config(BATCH_NORM), seed).segmentor.eval()


def images(n: int = 3, size: int = 32) -> torch.Tensor:
    return 1 + 2 * torch.randn(n, 3, size, size, generator=torch.Generator().manual_seed(5))


def half() -> torch.Tensor:
    counted = torch.ones(3, 32, 32, dtype=torch.bool)
    counted[:, :, 16:] = False
    return counted


def logits(net, inputs):
    return net.decode_head(net.extract_feat(inputs))


def layer(channels: int = 4) -> nn.BatchNorm2d:
    torch.manual_seed(2)
    found = nn.BatchNorm2d(channels).eval()
    for tensor in (found.running_mean, found.weight.data, found.bias.data):
        tensor.uniform_(0.5, 2)
    return found


@pytest.mark.parametrize("by_image", [True, False])
@pytest.mark.parametrize("blend", [0.0, 0.3])
def test_normalising_equals_a_slow_loop(by_image, blend):
    bn, maps = layer(), torch.randn(3, 4, 5, 6)
    weights = torch.rand(3, 5, 6).round()
    weights[1] = 0 if by_image else weights[1]
    got = normalise(bn, maps, weights, blend, by_image)
    for n in range(3):
        for c in range(4):
            chosen = maps[n, c][weights[n] > 0] if by_image else maps[:, c][weights > 0]
            a = blend if len(chosen) > 1 else 1.0
            mean = chosen.mean() if len(chosen) else 0.0
            variance = ((chosen - mean) ** 2).mean() if len(chosen) else 0.0
            mean = a * bn.running_mean[c] + (1 - a) * mean
            variance = a * bn.running_var[c] + (1 - a) * variance
            wanted = (maps[n, c] - mean) / (variance + bn.eps) ** 0.5 * bn.weight[c] + bn.bias[c]
            torch.testing.assert_close(got[n, c], wanted)


def test_the_batch_s_statistics_are_those_of_training_mode():
    bn, maps = layer(), torch.randn(3, 4, 5, 6)
    trained = copy.deepcopy(bn).train()(maps)
    torch.testing.assert_close(normalise(bn, maps, None, 0, by_image=False), trained)


def test_one_value_has_no_variance():
    """A layer on maps of one cell keeps the stored statistics where an image stands alone."""
    bn, maps = layer(), torch.randn(2, 4, 1, 1)
    for weights in (None, torch.ones(2, 1, 1)):
        torch.testing.assert_close(normalise(bn, maps, weights, 0.0, by_image=True), bn(maps))
        both = normalise(bn, maps, weights, 0.0, by_image=False).mean(0)[:, 0, 0]
        torch.testing.assert_close(both, bn.bias.detach(), atol=1e-5, rtol=0)


def test_image_statistics_depend_on_no_other_image_and_on_counted_pixels_alone():
    net, inputs = network(), images()
    plain = logits(net, inputs)
    adapt = ImageStatistics(0.5).adapted
    with torch.no_grad(), adapt(net, inputs, None):
        together = logits(net, inputs)
    with torch.no_grad(), adapt(net, inputs[:1], None):
        alone = logits(net, inputs[:1])
    torch.testing.assert_close(together[:1], alone)
    assert not torch.allclose(together, plain, atol=1e-2)
    torch.testing.assert_close(logits(net, inputs), plain)  # the context is left
    with torch.no_grad(), ImageStatistics(1.0).adapted(net, inputs, None):
        torch.testing.assert_close(logits(net, inputs), plain)
    bn, maps = layer(3), images()
    spoiled = maps.masked_fill(~half()[:, None], 1e4)
    one, other = (normalise(bn, x, half().float(), 0.0, True)[..., :16] for x in (maps, spoiled))
    torch.testing.assert_close(one, other)


def test_tent_changes_scales_and_shifts_of_batch_norm_alone():
    net, inputs = network(), images()
    before = copy.deepcopy(net.state_dict())
    names = {f"{name}.{kind}" for name in batch_norm_layers(net) for kind in ("weight", "bias")}
    tent = Tent(lr=1e-2, steps=5)
    for _ in range(2):
        with torch.no_grad(), tent.adapted(net, inputs, None):
            pass
    changed = {name for name, v in net.state_dict().items() if not torch.equal(v, before[name])}
    assert changed == names
    assert len(tent.entropy) == 10 and tent.entropy[-1] < tent.entropy[0]
    assert all(parameter.grad is None for parameter in net.parameters())


def test_the_first_step_equals_a_slow_oracle():
    net, inputs = network(), images()
    slow = copy.deepcopy(net).train()
    for module in slow.modules():
        if isinstance(module, (nn.Dropout, nn.Dropout2d)):
            module.eval()
    # Without a mask the layers are in training mode; entropy cell by cell, and Adam's first step.
    maps = logits(slow, inputs).softmax(1)
    entropy = torch.stack([-(p * p.log()).sum() for p in maps.permute(0, 2, 3, 1).flatten(0, 2)])
    parameters = affine_parameters(slow)
    gradients = torch.autograd.grad(entropy.mean(), parameters)
    tent = Tent(lr=1e-2)
    start = [parameter.detach().clone() for parameter in affine_parameters(net)]
    with torch.no_grad(), tent.adapted(net, inputs, None):
        pass
    assert tent.entropy[0] == pytest.approx(float(entropy.mean().detach()), rel=1e-5)
    for old, new, gradient in zip(start, affine_parameters(net), gradients, strict=True):
        sure = gradient.abs() > 1e-5  # Adam's first step is the gradient's sign
        torch.testing.assert_close(
            (old - 1e-2 * gradient.sign())[sure], new.detach()[sure], atol=1e-4, rtol=0
        )


def test_the_entropy_is_that_of_the_cells_that_count():
    maps = 3 * torch.randn(3, 4, 8, 8, generator=torch.Generator().manual_seed(4))
    found = float(mean_entropy(maps, half()))
    cells = maps[..., :4].softmax(1)
    assert found == pytest.approx(float(-(cells * cells.log()).sum(1).mean()), rel=1e-5)
    assert abs(found - float(mean_entropy(maps, None))) > 1e-2
    spoiled = maps.clone()
    spoiled[..., 4:] = float("nan")
    assert float(mean_entropy(spoiled, half())) == pytest.approx(found)
    assert float(mean_entropy(maps, torch.zeros(3, 32, 32, dtype=torch.bool))) == 0


def test_tent_counts_valid_pixels_alone():
    net, found = network(), []
    net.decode_head.conv_seg.weight.data *= 100  # predictions that differ from cell to cell
    for counted in (half(), None):
        tent, own = Tent(), copy.deepcopy(net)
        with torch.no_grad(), normalised_by_input(own, counted, 0, by_image=False):
            wanted = float(mean_entropy(logits(own, images()), counted))
        with torch.no_grad(), tent.adapted(own, images(), counted):
            pass
        assert tent.entropy[0] == pytest.approx(wanted, rel=1e-5)
        found.append(wanted)
    assert abs(found[0] - found[1]) > 1e-3 * found[1]


def test_a_batch_without_data_moves_nothing():
    net, tent = network(), Tent(1e-2)
    with torch.no_grad(), tent.adapted(net, images(), None):
        moved = copy.deepcopy(net.state_dict())
    with torch.no_grad(), tent.adapted(net, images(), torch.zeros_like(half())):
        pass  # the momentum of the step before would move them
    assert all(torch.equal(value, moved[name]) for name, value in net.state_dict().items())


def test_episodic_and_online():
    online, episodic = network(), network()
    before = copy.deepcopy(episodic.state_dict())
    for net, tent in ((online, Tent(1e-2)), (episodic, Tent(1e-2, episodic=True))):
        with torch.no_grad():
            with tent.adapted(net, images(), None):
                first = logits(net, images())
            with tent.adapted(net, images(), None):
                second = logits(net, images())
        assert torch.allclose(first, second) == tent.episodic
    for name, value in episodic.state_dict().items():
        assert torch.equal(value, before[name]), name


@pytest.mark.parametrize("kind", ["ImageStatistics", "Tent"])
def test_a_segmentor_adapts_tiles_and_pixels_alike(kind):
    options = dict(type=kind, **({"blend": 0.2} if kind == "ImageStatistics" else {"lr": 1e-2}))
    init_default_scope("mmda")
    preprocess = dict(type="DomainDataPreprocessor", mean=[0.0] * 3, std=[1.0] * 3)
    config = segmentor_config(BATCH_NORM)
    models = [build(config, data_preprocessor=preprocess, test_time=options, teacher={},
                    evaluate="teacher").eval() for _ in range(2)]  # fmt: skip
    counted = half()
    samples = [
        SegDataSample(metainfo={"img_shape": (32, 32), "ori_shape": (32, 32)},
                      has_data=PixelData(data=mask[None])) for mask in counted
    ]  # fmt: skip
    with torch.no_grad():
        found = models[0].predict(images(), samples)
    maps = torch.stack([sample.seg_logits.data for sample in found]).softmax(1)
    predictor = NetworkPredictor(models[1])
    assert predictor.uses_counted
    torch.testing.assert_close(maps, torch.from_numpy(predictor(images().numpy(), counted.numpy())))
    with torch.no_grad():
        plain = build(config, data_preprocessor=preprocess).eval()
        other = torch.from_numpy(NetworkPredictor(plain)(images().numpy()))
    assert not torch.allclose(maps, other, atol=1e-2)


def test_what_is_refused():
    with pytest.raises(ConfigError, match="has no batch norm"):
        build(segmentor_config(GROUP_NORM), test_time=dict(type="Tent"))
    slide = segmentor_config(BATCH_NORM)
    slide["test_cfg"] = dict(mode="slide", crop_size=(16, 16), stride=(8, 8))
    with pytest.raises(ConfigError, match="predicts whole images"):
        build(slide, test_time=dict(type="ImageStatistics"))
    with pytest.raises(ConfigError, match="`blend`"):
        ImageStatistics(1.5)
    for options in ({"lr": 0.0}, {"steps": -1}):
        with pytest.raises(ConfigError, match="Tent: expected"):
            Tent(**options)
