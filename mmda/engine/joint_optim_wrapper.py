"""Several optimisers, one backward."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from mmengine.device import get_device
from mmengine.optim import OptimWrapper, OptimWrapperDict
from torch import Tensor, nn

from mmda.engine.unwrap import unwrapped
from mmda.errors import ConfigError
from mmda.registry import OPTIM_WRAPPERS

PRECISIONS = {"fp32": None, "bf16": torch.bfloat16, "fp16": torch.float16}


@OPTIM_WRAPPERS.register_module()
class JointOptimWrapper(OptimWrapperDict):
    """Steps every optimiser after one backward of the iteration's summed loss.

    Each parameter belongs to one optimiser, and no loss has gradients in the parameters of another
    part (see :class:`~mmda.models.alignments.Alignment`). So this equals optimising each part in
    turn.

    Args:
        accumulative_counts: Number of iterations whose gradients are accumulated for one step. Save
            checkpoints at its multiples, since a resumed run starts with empty gradients.
        precision: ``'fp32'``, ``'bf16'`` (CPU or GPU) or ``'fp16'`` (GPU, with one gradient scaler
            shared by all optimisers).
        sequential: Whether the domains' activations are freed one after the other, which halves
            the memory of a model that is trained on both. The source's are computed again in the
            backward pass, which costs one more forward pass of the source. All alignments allow
            it, and gradients stay the same.
        optim_wrappers: The optimisers by name, each in a plain ``OptimWrapper``, which holds its
            gradient clipping.

    Raises:
        ConfigError: When ``precision`` is unknown.
    """

    def __init__(
        self,
        accumulative_counts: int = 1,
        precision: str = "fp32",
        sequential: bool = False,
        **optim_wrappers: OptimWrapper,
    ) -> None:
        super().__init__(**optim_wrappers)
        if precision not in PRECISIONS:
            raise ConfigError(
                f"JointOptimWrapper: unknown precision `{precision}`; expected {list(PRECISIONS)}."
            )
        if accumulative_counts < 1:
            raise ConfigError(
                f"JointOptimWrapper: `accumulative_counts` must be 1 or more: {accumulative_counts}"
            )
        self.accumulative_counts = accumulative_counts
        self.precision, self.sequential = precision, sequential
        self.scaler = torch.amp.GradScaler(get_device(), enabled=precision == "fp16")
        self._count, self._max_count = 0, -1

    def initialize_count_status(self, model: nn.Module, cur_iter: int, max_iters: int) -> None:
        """Set the iteration counter when training starts or resumes.

        Raises:
            ConfigError: When ``sequential`` is set and the model has no domains that it runs.
        """
        if self.sequential:
            if not hasattr(unwrapped(model), "sequential"):
                raise ConfigError(
                    "JointOptimWrapper: `sequential=True` is for `UDASegmentor`, but the model is "
                    f"a `{type(unwrapped(model)).__name__}`. Leave it out."
                )
            unwrapped(model).sequential = True
        self._count, self._max_count = cur_iter, max_iters

    @contextmanager
    def optim_context(self, model: Any) -> Iterator[None]:
        """Run the forward pass under autocast.

        Within an accumulation cycle, processes do not synchronise gradients but in its last
        iteration.
        """
        with ExitStack() as stack:
            if not self._is_last_of_cycle(self._count + 1) and hasattr(model, "no_sync"):
                stack.enter_context(model.no_sync())
            if (dtype := PRECISIONS[self.precision]) is not None:
                stack.enter_context(torch.autocast(get_device(), dtype=dtype))
            yield

    def update_params(
        self, loss: Tensor, step_kwargs: dict | None = None, zero_kwargs: dict | None = None
    ) -> None:
        """Backward ``loss`` (a scalar); at the end of an accumulation cycle step all optimisers."""
        self.backward(loss / self._cycle_length())
        if self._is_last_of_cycle(self._count):
            self.step(**(step_kwargs or {}))
            self.zero_grad(**(zero_kwargs or {}))

    def backward(self, loss: Tensor, **kwargs: Any) -> None:
        """Backward once for all optimisers."""
        self.scaler.scale(loss).backward(**kwargs)
        self._count += 1

    def step(self, **kwargs: Any) -> None:
        """Unscale, clip and step every optimiser; update the shared scaler once."""
        for wrapper in self.optim_wrappers.values():
            if not self.scaler.is_enabled():
                wrapper.step(**kwargs)  # clips; MMEngine's schedulers count these calls
            elif _has_gradient(wrapper):
                self.scaler.unscale_(wrapper.optimizer)
                if wrapper.clip_grad_kwargs:
                    wrapper._clip_grad()
                self.scaler.step(wrapper.optimizer, **kwargs)
                if hasattr(wrapper, "_global_step"):
                    wrapper._global_step += 1  # as MMEngine's schedulers count `wrapper.step`
        if self.scaler.is_enabled():
            self.scaler.update()

    @property
    def gradient_norms(self) -> dict[str, Tensor]:
        """Norms of the gradients in this iteration's step, by the name that they are logged as."""
        norms: dict[str, Tensor] = {}
        if self._is_last_of_cycle(self._count):
            for wrapper in self.optim_wrappers.values():
                norms |= getattr(wrapper, "gradient_norms", {})
        return norms

    def _is_last_of_cycle(self, count: int) -> bool:
        return count % self.accumulative_counts == 0 or count == self._max_count

    def _cycle_length(self) -> int:
        """Return the number of iterations of the current cycle; the run's last may be shorter."""
        remainder = self._max_count % self.accumulative_counts if self._max_count > 0 else 0
        in_last = remainder and self._count >= self._max_count - remainder
        return remainder if in_last else self.accumulative_counts

    def state_dict(self) -> dict:
        """Return the state of every optimiser, and that of the scaler if it is used."""
        state = super().state_dict()
        if self.scaler.is_enabled():
            state["scaler"] = self.scaler.state_dict()
        return state

    def load_state_dict(self, state_dict: dict) -> None:
        """Restore what :meth:`state_dict` returned."""
        state = dict(state_dict)
        scaler = state.pop("scaler", None)
        if scaler is not None and self.scaler.is_enabled():
            self.scaler.load_state_dict(scaler)
        if set(state) != set(self.optim_wrappers):
            raise ConfigError(
                f"The checkpoint has the optimisers {sorted(state)}, but the config has "
                f"{sorted(self.optim_wrappers)}. Resume with the config that wrote the checkpoint, "
                "or set `load_from` to start from its weights alone."
            )
        super().load_state_dict({name: _with_steps_on_cpu(part) for name, part in state.items()})


def _with_steps_on_cpu(state: dict) -> dict:
    """Return an optimiser's state whose numbers of steps are on the CPU.

    A checkpoint is loaded to the GPU, where Adam would wait for each parameter's number of steps.
    Optimisers that want them on the GPU (``capturable``, ``fused``) put them there themselves.
    """
    entries = {
        key: {**entry, "step": entry["step"].cpu()} if hasattr(entry.get("step"), "cpu") else entry
        for key, entry in state.get("state", {}).items()
    }
    return {**state, "state": entries}


def _has_gradient(wrapper: OptimWrapper) -> bool:
    groups = wrapper.optimizer.param_groups
    return any(p.grad is not None for group in groups for p in group["params"])
