"""What an alignment finds in the context, and what the segmentor asks for."""

from __future__ import annotations

import pytest
import torch
from model_samples import batch, build, losses_of

from mmda.errors import ConfigError
from mmda.models.alignments import Alignment, DomainBatch, DomainImages
from mmda.registry import MODELS


@pytest.fixture(scope="module", autouse=True)
def reader():
    """Register an alignment that reads whatever its config says."""

    class Reader(Alignment):
        def __init__(self, needs: tuple[str, ...], reads: tuple[str, ...]) -> None:
            super().__init__()
            self.needs, self.reads, self.found = frozenset(needs), reads, {}

        def losses(self, context):
            self.found = {name: getattr(context, name) for name in self.reads}
            return {"loss": self.zero(context)}

    MODELS.register_module(module=Reader)
    yield
    MODELS.module_dict.pop("Reader")


def model(teacher: bool = False, **readers: tuple[tuple[str, ...], tuple[str, ...]]):
    alignments = {k: dict(type="Reader", needs=n, reads=r) for k, (n, r) in readers.items()}
    return build(alignments=alignments, teacher=dict() if teacher else None)


@pytest.mark.parametrize(
    ("needs", "name"),
    [
        ((), "target"),
        ((), "target_images"),
        (("target_images",), "target"),
        (("target",), "teacher"),
    ],
)
def test_reading_what_is_not_declared_is_an_error_that_names_it(needs, name):
    """Even where the segmentor has it, for another alignment."""
    everything = ("target", "teacher"), ()
    with pytest.raises(ConfigError, match=f"Reader reads `context.{name}`.*Add '{name}' to its"):
        losses_of(model(teacher=True, all=everything, it=(needs, (name,))), batch())


def test_what_is_declared_is_there():
    parts = ("target", "target_images", "teacher")
    net = model(teacher=True, it=(("target", "teacher"), parts))
    losses_of(net, batch())
    found = net.alignments["it"].found
    assert isinstance(found["target"], DomainBatch)
    assert found["target_images"] is found["target"]
    assert found["teacher"] is net.teacher


def test_target_images_come_without_outputs():
    net = model(it=(("target_images",), ("target_images",)))
    data = batch()
    losses_of(net, data)
    images = net.alignments["it"].found["target_images"]
    assert type(images) is DomainImages
    assert torch.equal(images.images, data["inputs"]["target"])


def test_all_alignments_share_the_teachers_maps():
    net = model(
        teacher=True,
        one=(("target", "teacher"), ("teacher_probabilities",)),
        two=(("target_images", "teacher"), ("teacher_probabilities",)),
    )
    losses_of(net, batch())
    one, two = (net.alignments[k].found["teacher_probabilities"]() for k in ("one", "two"))
    assert one is two


def test_an_unknown_need_is_an_error():
    with pytest.raises(ConfigError, match=r"Reader: `needs` names \['targets'\]; expected"):
        model(it=(("targets",), ()))


def test_a_batch_without_step_is_an_error():
    with pytest.raises(ConfigError, match=r"Add `step=dict\(type='StepHook'\)`"):
        build()(**batch(), mode="loss")
