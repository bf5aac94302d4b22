"""The contract of an alignment, checked on a tiny segmentor."""

from __future__ import annotations

from collections.abc import Callable

from mmda.models import UDASegmentor
from mmda.registry import MODELS
from mmda.testing import checks
from mmda.testing.samples import build_segmentor, segmentor_config

#: The properties of an alignment, in the order in which they are checked.
CHECKS: tuple[Callable[[checks.Maker], None], ...] = (
    checks.starts_like_the_segmentor_alone,
    checks.has_finite_losses,
    checks.waits_for_its_start,
    checks.keeps_gradients_apart,
    checks.leaves_the_teacher_alone,
    checks.reads_what_it_needs,
    checks.continues_from_a_checkpoint,
    checks.works_in_mixed_precision,
)


def check_alignment(config: dict, prepare: Callable[[UDASegmentor], object] | None = None) -> None:
    """Check that an alignment keeps the contract of mmda's alignments, by :data:`CHECKS`.

    It is built into the tiny segmentor of :func:`~mmda.testing.samples.segmentor_config`, with an
    auxiliary head: images of 3 bands, 3 classes, feature maps of 8, 16, 32 and 64 channels. A
    teacher is added where the alignment needs one.

    Example::

        def test_my_method():
            check_alignment(dict(type='MyMethod', in_channels=64))

    Args:
        config: Config of the alignment, with arguments that fit the segmentor.
        prepare: Called with each segmentor that is built, for what a hook does in training.

    Raises:
        AssertionError: When a property does not hold; the message says what is wrong.
    """
    needs = MODELS.build(dict(config)).needs
    teacher = dict(momentum=0.9) if "teacher" in needs else None

    def make() -> UDASegmentor:
        model = build_segmentor(
            segmentor_config(aux=True), alignments={checks.NAME: dict(config)}, teacher=teacher
        )
        if prepare is not None:
            prepare(model)
        return model

    for check in CHECKS:
        check(make)
