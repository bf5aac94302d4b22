"""What every alignment must do: one function per property."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import torch
from torch import Tensor, nn

from mmda.errors import ConfigError
from mmda.models import UDASegmentor
from mmda.testing.recording import recorded
from mmda.testing.samples import (
    build_segmentor,
    losses_of,
    random_batch,
    segmentor_config,
    total_loss,
)

NAME = "checked"
"""Name of the alignment in the segmentors that a :data:`Maker` builds."""

Maker = Callable[[], UDASegmentor]
"""Builds a segmentor with the alignment, the same one each time."""


def starts_like_the_segmentor_alone(make: Maker) -> None:
    """With one seed, the segmentor has the initial weights that it has without the alignment."""
    alone = build_segmentor(segmentor_config(aux=True)).segmentor.state_dict()
    for name, value in make().segmentor.state_dict().items():
        _require(torch.equal(value, alone[name]), f"it changes the initial `segmentor.{name}`")


def has_finite_losses(make: Maker) -> None:
    """Losses are finite scalars for several batch and image sizes, and their sum is not 0.

    Images of different sizes in the two domains may be refused with a ``ConfigError``.
    """
    for images in (1, 3):
        _check_losses(make(), random_batch(images))
    with suppress(ConfigError):
        _check_losses(make(), random_batch(source=(32, 48), target=(40, 32)))


def waits_for_its_start(make: Maker) -> None:
    """Before ``start`` the losses are 0 and connected to the parameters; then they are not 0."""
    model = make()
    model.alignments[NAME].start = 5  # type: ignore[assignment]
    before = total_loss(_own(losses_of(model, random_batch(), step=4)))
    _require(float(before) == 0, f"before `start` its losses are {float(before)} in sum, not 0")
    before.backward()
    for name, parameter in _trainable(model.alignments[NAME]):
        connected = parameter.grad is not None and not parameter.grad.any()
        _require(connected, f"before `start` the gradient of `{name}` is not 0")
    after = total_loss(_own(losses_of(model, random_batch(), step=5)))
    _require(bool(after != 0), "at `start` its losses are still 0")


def keeps_gradients_apart(make: Maker) -> None:
    """A loss trains either discriminators (parameters so named) or other parts, never both.

    Their sum reaches the segmentor, and is connected to each of the alignment's own parameters,
    as distributed training needs.
    """
    model = make()
    losses = _own(losses_of(model, random_batch()))
    reached: set[str] = set()
    for name, loss in losses.items():
        own = _reached(loss, model, name)
        both = {"discriminator" in parameter for parameter in own} == {True, False}
        _require(not both, f"`{name}` trains discriminators and other parts: {sorted(own)}")
        reached |= own
    trained = any(parameter.startswith("segmentor.") for parameter in reached)
    _require(trained, "no loss trains the segmentor")
    total_loss(losses).backward()
    for name, parameter in _trainable(model.alignments[NAME]):
        _require(parameter.grad is not None, f"no loss is connected to its parameter `{name}`")


def leaves_the_teacher_alone(make: Maker) -> None:
    """No gradient reaches the teacher."""
    model = make()
    total_loss(losses_of(model, random_batch())).backward()
    if model.teacher is not None:
        reached = [n for n, p in model.teacher.named_parameters() if p.grad is not None]
        _require(not reached, f"the teacher gets a gradient in {reached}")


def reads_what_it_needs(make: Maker) -> None:
    """It reads all that its ``needs`` name, since each costs computation, and no target label."""
    model = make()
    alignment = model.alignments[NAME]
    read = recorded(alignment, lambda: losses_of(model, random_batch()))
    _require("labels" not in read, "it reads the target's labels")
    unused = sorted(alignment.needs - read)  # type: ignore[operator]
    _require(not unused, f"its `needs` name {unused}, of which it reads nothing")


def continues_from_a_checkpoint(make: Maker) -> None:
    """A segmentor that loads another's state goes on with the same losses."""
    saved, loaded = make(), make()
    with torch.no_grad():
        for parameter in saved.parameters():
            parameter.add_(0.01 * torch.randn_like(parameter))
    _seeded_losses(saved, 2)  # changes what the alignment accumulates
    loaded.load_state_dict(saved.state_dict(), strict=True)
    for seed in (3, 4):
        expected, got = (_seeded_losses(model, seed) for model in (saved, loaded))
        _require(
            got == expected,
            f"after loading a checkpoint its losses are {got} instead of {expected}; keep what "
            "it accumulates in buffers (`register_buffer`)",
        )


def works_in_mixed_precision(make: Maker) -> None:
    """Under bfloat16 autocast, losses and gradients are finite."""
    model = make()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        losses = losses_of(model, random_batch())
    for name, value in _own(losses).items():
        _require(bool(torch.isfinite(value).all()), f"in bfloat16 `{name}` is {value.item()}")
    total_loss(losses).backward()
    for name, parameter in _trainable(model):
        finite = parameter.grad is not None and bool(torch.isfinite(parameter.grad).all())
        _require(finite, f"in bfloat16 the gradient of `{name}` is missing or not finite")


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise AssertionError(f"The alignment breaks its contract: {message}.")


def _own(losses: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return what MMEngine minimises of the alignment's results, by the alignment's names."""
    prefix = f"{NAME}."
    return {
        name.removeprefix(prefix): value
        for name, value in losses.items()
        if name.startswith(prefix) and "loss" in name
    }


def _check_losses(model: UDASegmentor, data: dict) -> None:
    losses = _own(losses_of(model, data))
    _require(bool(losses), "it returns nothing whose name contains `loss`")
    for name, value in losses.items():
        _require(value.shape == (), f"`{name}` has the shape {tuple(value.shape)}, not ()")
        _require(bool(torch.isfinite(value)), f"`{name}` is {value.item()}")
    total = total_loss(losses)
    _require(bool(total != 0), f"its losses {sorted(losses)} are 0 in sum")


def _trainable(module: nn.Module) -> list[tuple[str, nn.Parameter]]:
    return [(name, p) for name, p in module.named_parameters() if p.requires_grad]


def _reached(loss: Tensor, model: nn.Module, name: str) -> set[str]:
    """Return the names of the parameters that a loss gives a gradient other than 0."""
    _require(loss.requires_grad, f"`{name}` is not connected to any parameter")
    named = _trainable(model)
    parameters = [parameter for _, parameter in named]
    grads = torch.autograd.grad(loss, parameters, retain_graph=True, allow_unused=True)
    return {n for (n, _), grad in zip(named, grads, strict=True) if grad is not None and grad.any()}


def _seeded_losses(model: UDASegmentor, seed: int) -> dict[str, float]:
    torch.manual_seed(seed)
    losses = losses_of(model, random_batch(seed=seed))
    return {name: float(value) for name, value in losses.items()}
