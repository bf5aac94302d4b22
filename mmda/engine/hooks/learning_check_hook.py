"""Warns of what a run cannot learn while there is time to stop it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import Tensor, nn

from mmda.engine.unwrap import unwrapped
from mmda.errors import ConfigError
from mmda.models.alignments import DomainImages
from mmda.models.segmentors import UDASegmentor
from mmda.registry import HOOKS
from mmda.utils.modes import evaluating

SHARES = ("confident", "labelled")  # what alignments log of their labels
SHORTEST = 500  # iterations


@HOOKS.register_module()
class LearningCheckHook(Hook):
    """Warn, once each, of signs that the target teaches nothing.

    They are: a class that the model predicts nowhere in the target; a teacher that gives all pixels
    one label; an alignment for which no pixel has a (confident) label. Each must have lasted for
    ``patience`` iterations. Every ``interval`` iterations the networks predict the target images of
    the batch once more, without gradient and without any effect on the training.

    Args:
        interval: Iterations between two looks.
        patience: Iterations after which a sign counts; by default a tenth of the run, at least 500.

    Raises:
        ConfigError: When ``interval`` or ``patience`` is below 1.
    """

    priority = "NORMAL"  # after the losses are logged

    def __init__(self, interval: int = 50, patience: int | None = None) -> None:
        if min(interval, 1 if patience is None else patience) < 1:
            raise ConfigError(
                "LearningCheckHook: `interval` and `patience` must be 1 or more, got "
                f"{interval} and {patience}."
            )
        self.interval, self.patience = interval, patience
        self._seen: dict[str, Tensor] = {}
        self._warned: set[str] = set()

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: Any = None,
        outputs: dict | None = None,
    ) -> None:
        """Look at the labels and predictions of the target."""
        model = unwrapped(runner.model)
        if not isinstance(model, UDASegmentor) or not self.every_n_train_iters(
            runner, self.interval
        ):
            return
        patience = self.patience or max(SHORTEST, runner.max_iters // 10)
        self._check_labels(runner, model, patience)
        if data_batch and "target" in data_batch:
            self._check_predictions(runner, model, data_batch["target"], patience)

    def _check_labels(self, runner: Runner, model: UDASegmentor, patience: int) -> None:
        """Warn of alignments whose share of labelled pixels has been 0 for long."""
        for name, alignment in model.alignments.items():
            for key in SHARES:
                history = runner.message_hub.log_scalars.get(f"train/{name}.{key}")
                values = [] if history is None else history.data[0][-patience:]
                if len(values) >= patience and not any(values):
                    threshold = getattr(alignment, "threshold", None)
                    limit = "" if threshold is None else f" above the threshold {threshold:g}"
                    self._warn(
                        runner,
                        f"{name}: for {patience} iterations no pixel of the target had a label"
                        f"{limit}, so the target teaches nothing. Lower the threshold, or start "
                        "the alignment later (`start`), when the model is surer.",
                    )

    def _check_predictions(
        self, runner: Runner, model: UDASegmentor, target: dict, patience: int
    ) -> None:
        names = _class_names(runner, model.num_classes)
        recent = self._look(runner, "model", model, model.segmentor, target["inputs"], target)
        for index in (recent >= patience).nonzero().flatten().tolist():
            self._warn(
                runner,
                f"For {patience} iterations the model has predicted no pixel of the target as "
                f"`{names[index]}`. The class may be missing there, be rare in the source, or be "
                "lost to the adaptation: compare with a run without adaptation, lower the weight "
                "of the alignments, or start them later.",
                f"class {index}",
            )
        if model.teacher is None or not any(
            "teacher" in alignment.needs and alignment.active(runner.iter)
            for alignment in model.alignments.values()
        ):
            return
        images = target.get("weak_inputs", target["inputs"])
        recent = self._look(runner, "teacher", model, model.teacher.segmentor, images, target)
        labelled = (recent < patience).nonzero().flatten().tolist()
        if len(labelled) == 1:
            self._warn(
                runner,
                f"For {patience} iterations the teacher has labelled all pixels of the target as "
                f"`{names[labelled[0]]}`, which the student learns from it. Start self-training "
                "later (`start`), or check the source's labels and the normalisation.",
                "teacher",
            )

    def _look(
        self,
        runner: Runner,
        who: str,
        model: UDASegmentor,
        network: nn.Module,
        images: Sequence[Tensor],
        target: dict,
    ) -> Tensor:
        """Return for each class (C,) the iterations since a network has last predicted it."""
        present = _predicted(model, network, images, target)
        now = runner.iter + 1
        start = torch.full((model.num_classes,), now - self.interval)
        seen = self._seen.setdefault(who, start)
        seen[present] = now
        return now - seen

    def _warn(self, runner: Runner, text: str, key: str = "") -> None:
        if (key or text) not in self._warned:
            self._warned.add(key or text)
            runner.logger.warning(text)


@torch.no_grad()
def _predicted(model: UDASegmentor, network: Any, images: Sequence[Tensor], target: dict) -> Tensor:
    """Return the ids of the classes that a network predicts where the target's pixels count."""
    batch = model.data_preprocessor({"inputs": images, "data_samples": target["data_samples"]})
    seen = DomainImages(batch["inputs"], batch["data_samples"], batch["inputs"])
    with evaluating(network):
        predicted = network(seen.images).argmax(1)
    return predicted[seen.valid_cells(tuple(predicted.shape[-2:]))].unique().cpu()


def _class_names(runner: Runner, count: int) -> Sequence[str]:
    meta = getattr(runner.train_dataloader.dataset, "metainfo", {})
    return meta.get("classes") or [f"class {index}" for index in range(count)]
