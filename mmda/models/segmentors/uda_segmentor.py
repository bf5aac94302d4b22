"""The segmentor of all methods: source cross-entropy plus a set of alignments."""

from __future__ import annotations

import warnings
from typing import Any

import torch
from mmengine.model import ModuleDict
from mmseg.models.segmentors.base import BaseSegmentor
from torch import Tensor

from mmda.errors import ConfigError
from mmda.models.alignments import NEEDS, Alignment, DomainBatch, DomainImages, UDAContext
from mmda.models.alignments.base import segmentor_heads
from mmda.models.batch_norm import build_test_time
from mmda.models.decode_heads.head_losses import head_losses
from mmda.models.segmentors.domain_passes import features_and_logits, run_domains
from mmda.models.segmentors.gradients import logit_gradients
from mmda.models.segmentors.teacher import Teacher
from mmda.registry import MODELS


@MODELS.register_module()
class UDASegmentor(BaseSegmentor):
    """A segmentor trained on a labelled source and, through alignments, an unlabelled target.

    One iteration builds one graph: the student runs on both domains (in one pass over their
    concatenation where no normalisation layer mixes them, else in two), its source loss and
    all alignments' losses are summed, and one backward serves all optimisers. Without alignments
    the training is source-only (or target-only, on target labels), and the student does not run on
    the target. Without a source, only the alignments' losses train it (source-free adaptation).

    Args:
        segmentor: Config of the student, an ``EncoderDecoder``.
        alignments: Configs of alignments by name; logged losses begin with the name.
        teacher: Arguments of :class:`~mmda.models.segmentors.teacher.Teacher`; None for no teacher.
        evaluate: Which of the two predicts, ``'student'`` or ``'teacher'``.
        test_time: Config of a :class:`~mmda.models.batch_norm.TestTime`, by which the predictor
            adapts to the images that it predicts; training and pseudo-labels do without.
        data_preprocessor: Config of the preprocessor.
        init_cfg: Initialisation, as in MMEngine.

    Raises:
        ConfigError: When ``evaluate`` is unknown, a teacher is needed but missing, or an alignment
            does not fit the student.
    """

    def __init__(
        self,
        segmentor: dict,
        alignments: dict[str, dict] | None = None,
        teacher: dict | None = None,
        evaluate: str = "student",
        test_time: dict | None = None,
        data_preprocessor: dict | None = None,
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(data_preprocessor=data_preprocessor, init_cfg=init_cfg)
        with warnings.catch_warnings():
            # Two output channels for two classes are mmda's convention, not an oversight.
            warnings.filterwarnings("ignore", message="For binary segmentation, we suggest")
            self.segmentor: Any = MODELS.build(segmentor)
        # The student's random numbers do not depend on the alignments, so that with one seed all
        # rows of an ablation start from the same weights.
        with torch.random.fork_rng(devices=[]):
            self.alignments = ModuleDict(
                {name: MODELS.build(config) for name, config in (alignments or {}).items()}
            )
        for alignment in self._alignments():
            alignment.attach(self.segmentor)
        self.needs = self._needs()
        if evaluate not in ("student", "teacher"):
            raise ConfigError(
                f"UDASegmentor: `evaluate` must be `student` or `teacher`, got `{evaluate}`."
            )
        if teacher is None and ("teacher" in self.needs or evaluate == "teacher"):
            raise ConfigError(
                "UDASegmentor: an alignment or `evaluate` needs a teacher, but the model has none. "
                "Add `teacher=dict(momentum=0.999)` to the model."
            )
        self.teacher: Any = None if teacher is None else Teacher(self.segmentor, **teacher)
        self.evaluate = evaluate
        self.test_time = build_test_time(test_time, self.predictor)
        #: What maps divide the logits by; a calibrated checkpoint has another one.
        self.temperature = 1.0
        #: Whether the source's activations are computed again in the backward pass, when the
        #: target's are freed; the optimiser wrapper sets it.
        self.sequential = False
        #: What its checkpoint tells of validation; maps state it.
        self.metrics: dict[str, float] = {}
        #: Whether the next iteration measures its losses' gradients; hooks set it.
        self.measures_gradients = False
        #: The last measured gradients, see :func:`logit_gradients`.
        self.gradients: dict[str, float] = {}

    def _alignments(self) -> list[Alignment]:
        return list(self.alignments.values())  # type: ignore[arg-type]

    def _needs(self) -> frozenset[str]:
        for alignment in self._alignments():
            if unknown := sorted(alignment.needs - set(NEEDS)):
                raise ConfigError(
                    f"{type(alignment).__name__}: `needs` names {unknown}; expected some of "
                    f"{list(NEEDS)}."
                )
        return frozenset().union(*(alignment.needs for alignment in self._alignments()))

    @property
    def decode_head(self) -> Any:
        """The student's decode head."""
        return self.segmentor.decode_head

    @property
    def num_classes(self) -> int:
        """Number of classes of the decode head."""
        return self.decode_head.num_classes

    def init_weights(self) -> None:
        """Initialise the student and the alignments, then copy the student to the teacher."""
        super().init_weights()
        if self.teacher is not None:
            self.teacher.copy_from(self.segmentor)

    # ------------------------------------------------------------------ training

    def forward(
        self,
        inputs: Any,
        data_samples: Any = None,
        mode: str = "tensor",
        weak_inputs: dict[str, Tensor] | None = None,
        step: int | None = None,
    ) -> Any:
        """Return losses, predictions or logits, as MMSegmentation's segmentors do.

        Args:
            inputs: Images (N, B, H, W); in ``loss`` mode a dict of them by domain.
            data_samples: A list of samples; in ``loss`` mode a dict of lists by domain.
            mode: ``'loss'``, ``'predict'`` or ``'tensor'``.
            weak_inputs: The teacher's views by domain, where the pipeline keeps them.
            step: In ``loss`` mode the number of iterations done before this one, which
                :class:`~mmda.engine.hooks.StepHook` adds to each batch.

        Raises:
            ConfigError: In ``loss`` mode, when there is no ``step``.
        """
        if mode == "loss":
            if step is None:
                raise ConfigError(
                    "UDASegmentor: the batch does not say which iteration it is for. Add "
                    "`step=dict(type='StepHook')` to the config's `default_hooks`."
                )
            return self.loss(inputs, data_samples, step, weak_inputs)
        return super().forward(inputs, data_samples, mode)

    def loss(
        self,
        inputs: dict[str, Tensor],
        data_samples: dict[str, list],
        step: int,
        weak_inputs: dict[str, Tensor] | None = None,
    ) -> dict[str, Tensor]:
        """Return the source's segmentation losses and every alignment's losses.

        Args:
            inputs: Images (N, B, H, W) by domain.
            data_samples: Samples by domain.
            step: Number of iterations done before this one.
            weak_inputs: The teacher's views by domain, where the pipeline keeps them.

        Returns:
            Scalar tensors by ``<head>.<loss>`` and ``<alignment>.<loss>``.
        """
        context = self.context(inputs, data_samples, step, weak_inputs)
        losses = {} if context.source_outputs is None else self._source_losses(context.source)
        for name, alignment in self.alignments.items():
            for key, value in alignment(context).items():
                losses[f"{name}.{key}"] = value
        if self.measures_gradients:
            self.gradients = logit_gradients(context, losses)
        return losses

    def context(
        self,
        inputs: dict[str, Tensor],
        data_samples: dict[str, list],
        step: int,
        weak_inputs: dict[str, Tensor] | None = None,
    ) -> UDAContext:
        """Run the student on the domains that active alignments need; return the context.

        The arguments are those of :meth:`loss`.

        Raises:
            ConfigError: When an alignment needs the target and ``inputs`` has none.
        """
        if "source" not in inputs and not self.alignments:
            raise ConfigError(
                "The training has no source, and the model has no alignment to train it without. "
                "Give `train_dataloader.dataset` a `source`, or the model `alignments` such as "
                "`SelfTraining`."
            )
        if {"target", "target_images"} & self.needs and "target" not in inputs:
            raise ConfigError(
                "The model's alignments need the target domain, but the training dataset yields "
                "none. Give `train_dataloader.dataset` a `target`."
            )
        # Nothing is computed for alignments that are not active.
        needs = frozenset().union(*(a.needs for a in self._alignments() if a.active(step)))
        names: list[str] = [name for name in ("source", "target") if name in inputs]
        if "target" not in needs and "source" in inputs:
            names = ["source"]
        further_runs = bool({"target", "target_images"} & needs) and "source" in inputs
        outputs = run_domains(
            self.segmentor,
            {name: inputs[name] for name in names},
            recompute_first=self.sequential and further_runs,
        )
        weak = weak_inputs or {}
        images = {
            name: (tensor, data_samples[name], weak.get(name, tensor))
            for name, tensor in inputs.items()
        }
        batches = {
            name: DomainBatch(*images[name], *output, self.decode_head.align_corners)
            for name, output in outputs.items()
        }
        target: DomainImages | None = batches.get("target")
        if target is None and "target" in images:
            target = DomainImages(*images["target"])
        return UDAContext(batches.get("source"), target, step, self.segmentor, self.teacher)

    def features_and_logits(self, images: Tensor) -> tuple[list[Tensor], dict[str, Tensor]]:
        """Return the student's feature maps and each head's logits for images (N, B, H, W)."""
        return features_and_logits(self.segmentor, images)

    def _source_losses(self, source: DomainBatch) -> dict[str, Tensor]:
        losses = {}
        for name, head in segmentor_heads(self.segmentor).items():
            for key, value in head_losses(head, source.logits[name], source.samples).items():
                losses[f"{name}.{key}"] = value
        return losses

    # ------------------------------------------------------------------ inference

    @property
    def predictor(self) -> Any:
        """The segmentor that predicts: the student, or the teacher's copy of it."""
        return self.teacher.segmentor if self.evaluate == "teacher" else self.segmentor

    def predict(self, inputs: Tensor, data_samples: list | None = None) -> list:
        """Predict with the student or the teacher; see MMSegmentation's ``EncoderDecoder``."""
        batch = DomainImages(inputs, data_samples or [], inputs, mask_key="has_data")
        with self.test_time.adapted(self.predictor, inputs, batch.mask(batch.size)):
            return self.predictor.predict(inputs, data_samples)

    def extract_feat(self, inputs: Tensor) -> list[Tensor]:
        """Return the predictor's feature maps."""
        return self.predictor.extract_feat(inputs)

    def encode_decode(self, inputs: Tensor, batch_img_metas: list[dict]) -> Tensor:
        """Return logits of the input's size."""
        return self.predictor.encode_decode(inputs, batch_img_metas)

    def _forward(self, inputs: Tensor, data_samples: list | None = None) -> Tensor:
        return self.predictor._forward(inputs, data_samples)

    # ------------------------------------------------------------------ checkpoints

    def _load_from_state_dict(self, state_dict: dict, prefix: str, *args: Any) -> None:
        """Accept checkpoints of plain MMSegmentation and of runs without a teacher.

        The weights of a plain checkpoint (backbone, neck, heads) become the student's. A teacher
        that is missing in the checkpoint starts as a copy of the student.
        """
        student, teacher = f"{prefix}segmentor.", f"{prefix}teacher.segmentor."
        if not any(key.startswith(student) for key in state_dict):
            parts = tuple(f"{prefix}{name}." for name, _ in self.segmentor.named_children())
            for key in [k for k in state_dict if k.startswith(parts)]:
                state_dict[student + key.removeprefix(prefix)] = state_dict.pop(key)
        if self.teacher is not None and not any(key.startswith(teacher) for key in state_dict):
            for key in [k for k in state_dict if k.startswith(student)]:
                state_dict[teacher + key.removeprefix(student)] = state_dict[key]
        super()._load_from_state_dict(state_dict, prefix, *args)
