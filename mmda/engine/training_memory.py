"""The memory of a training iteration, counted without the GPU that it is to fit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmengine.optim import build_optim_wrapper
from torch import Tensor

from mmda.engine.image_sizes import Size, image_sizes
from mmda.engine.living_tensors import LivingTensors
from mmda.engine.training_cost import LATE, build_segmentor, random_batch, runs
from mmda.utils.logs import only_errors
from mmda.utils.seeding import seeded

SHRINK = 8
"""Images are counted at an eighth of their height and width."""
STEP = 32
"""Their sides are multiples of it, so that feature maps shrink alike."""
LEAST = 64
"""Their smallest side: discriminators halve feature maps of an eighth of it three times."""


@dataclass(frozen=True)
class TrainingMemory:
    """What an iteration keeps in memory when every alignment is active.

    Attributes:
        fixed: Bytes of the model, its gradients and the optimisers' state.
        activations: Bytes of all other tensors, at the moment at which they are most.
    """

    fixed: int
    activations: int

    @property
    def total(self) -> int:
        """Bytes of both."""
        return self.fixed + self.activations


def training_memory(
    config_path: str | Path,
    cfg_options: dict | None = None,
    size: Size = (512, 512),
    shrink: int = SHRINK,
) -> TrainingMemory:
    """Count the memory of a training iteration.

    A CPU runs the iteration, with its backward pass and the optimisers' steps, on small random
    images, and all tensors are counted while they exist. What does not have the shape of a
    parameter grows with the pixels. Not counted are the GPU's own needs: the CUDA context and the
    workspaces of convolutions.

    Args:
        config_path: A config of a segmentor.
        cfg_options: Overrides of the config.
        size: Height and width of the images of datasets that neither resize nor crop.
        shrink: Factor by which the counted images are smaller, per side.

    Raises:
        ConfigError: When the config is faulty or its model is no segmentor.
    """
    config, model = build_segmentor(config_path, cfg_options)
    with seeded(0), only_errors():
        wrapper = build_optim_wrapper(model, config.optim_wrapper)
        wrapper.initialize_count_status(model, 0, LATE)
        full = {name: one for name, one in image_sizes(config, size).items() if runs(model, name)}
        small = {name: _shrunk(one, shrink) for name, one in full.items()}
        count = config.train_dataloader.get("batch_size", 1)
        tiny = dict.fromkeys(full, (LEAST, LEAST))
        _iterate(model, wrapper, random_batch(model, tiny, count))  # fills banks and momenta
        batch = random_batch(model, small, count)
        kept = [*model.parameters(), *model.buffers(), *_states(wrapper)]
        with LivingTensors({p.shape for p in model.parameters() if p.requires_grad}) as living:
            _iterate(model, wrapper, batch)
    pixels = [sum(h * w for h, w in sizes.values()) for sizes in (full, small)]
    fixed = sum(tensor.nbytes for tensor in kept) + living.peak_apart
    return TrainingMemory(fixed, round(living.peak * pixels[0] / pixels[1]))


def _iterate(model: Any, wrapper: Any, batch: dict[str, Any]) -> None:
    """Train for one iteration, as ``train_step`` does it."""
    with wrapper.optim_context(model):
        losses = model(**batch, mode="loss")
    total, _ = model.parse_losses(losses)
    wrapper.update_params(total)


def _states(wrapper: Any) -> Iterator[Tensor]:
    """Yield the optimisers' tensors, such as momenta."""
    for one in wrapper.optim_wrappers.values():
        for state in one.optimizer.state.values():
            yield from (value for value in state.values() if isinstance(value, Tensor))


def _shrunk(size: Size, factor: int) -> Size:
    height, width = (max(LEAST, round(side / factor / STEP) * STEP) for side in size)
    return height, width
