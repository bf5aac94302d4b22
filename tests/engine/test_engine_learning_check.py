"""Signs that the target teaches nothing, told once each, without any effect on the run."""

from __future__ import annotations

import logging
from types import SimpleNamespace

import pytest
import torch
from core_samples import ADAPTED
from engine_runs import differences, read, train
from mmengine.logging import HistoryBuffer
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample
from model_samples import BATCH_NORM, build, segmentor_config

from mmda.cli import main
from mmda.engine.hooks import LearningCheckHook
from mmda.engine.launch import load_config
from mmda.errors import ConfigError
from mmda.models.data_preprocessor import DomainDataPreprocessor
from mmda.utils.modes import evaluating

TRAINING = dict(type="SelfTraining", threshold=0.7)


class Run:
    """A run of a tiny model on random target images, iteration by iteration."""

    def __init__(self, **values) -> None:
        self.model = build(**values)
        self.model.data_preprocessor = DomainDataPreprocessor([0.0] * 3, [1.0] * 3)
        self.warnings: list[str] = []
        self.scalars: dict[str, HistoryBuffer] = {}
        self.hook = LearningCheckHook(interval=2, patience=6)
        self.iter = -1
        self.sample = SegDataSample()

    def force(self, network, *classes) -> None:
        """Make a network predict classes only, the first in the left half."""
        head = network.decode_head.conv_seg
        torch.nn.init.zeros_(head.weight)
        torch.nn.init.zeros_(head.bias)
        head.bias.data[list(classes)] = 1.0
        if len(classes) > 1:
            head.weight.data[classes[0]] = torch.randn_like(head.weight.data[classes[0]])

    def go(self, iterations: int, target: bool = True, **scalars) -> None:
        for _ in range(iterations):
            self.iter += 1
            for name, value in scalars.items():
                self.scalars.setdefault(f"train/st.{name}", HistoryBuffer()).update(value)
            images = [torch.randn(3, 32, 32)]
            part = {"inputs": images, "data_samples": [self.sample.clone()]}
            batch = {"source": part, **({"target": part} if target else {})}
            self.hook.after_train_iter(self.runner, self.iter, batch, {})

    @property
    def runner(self):
        return SimpleNamespace(
            model=self.model,
            iter=self.iter,
            max_iters=100,
            logger=SimpleNamespace(warning=self.warnings.append),
            message_hub=SimpleNamespace(log_scalars=self.scalars),
            train_dataloader=SimpleNamespace(
                dataset=SimpleNamespace(metainfo={"classes": ["a", "b", "c"]})
            ),
        )


def test_a_class_that_is_never_predicted():
    run = Run()
    run.force(run.model.segmentor, 0, 1)
    run.go(5)
    assert run.warnings == []
    run.go(20)
    (warning,) = run.warnings
    assert "For 6 iterations the model has predicted no pixel of the target as `c`" in warning


def test_predictions_where_there_is_no_data_do_not_count():
    run = Run()
    run.force(run.model.segmentor, 0, 1, 2)
    run.sample.valid = PixelData(data=torch.zeros(1, 32, 32, dtype=torch.bool))
    run.go(20)
    assert len(run.warnings) == 3


def test_a_class_that_comes_and_goes_is_none():
    run = Run()
    for classes in ((0, 1), (0, 2), (0, 1), (0, 2)):
        run.force(run.model.segmentor, *classes)
        run.go(4)
    assert run.warnings == []


def test_a_teacher_of_one_class():
    run = Run(teacher=dict(momentum=0.9), alignments=dict(st=TRAINING))
    run.force(run.model.teacher.segmentor, 1)
    run.force(run.model.segmentor, 0, 1)
    run.model.alignments["st"].start = 9
    run.go(9)
    assert [text for text in run.warnings if "teacher" in text] == []
    run.go(20)
    (warning,) = (text for text in run.warnings if "teacher" in text)
    assert "the teacher has labelled all pixels of the target as `b`" in warning


def test_a_teacher_of_two_classes_is_fine():
    run = Run(teacher=dict(momentum=0.9), alignments=dict(st=TRAINING))
    run.force(run.model.teacher.segmentor, 0, 1)
    run.go(20)
    assert not [text for text in run.warnings if "teacher" in text]


@pytest.mark.parametrize(
    ("values", "warns"), [([0.0], True), ([0.001], False), ([0.0, 0.0, 0.01], False)]
)
def test_no_pixel_above_the_threshold(values, warns):
    run = Run(teacher=dict(momentum=0.9), alignments=dict(st=TRAINING))
    for index in range(18):
        run.go(1, confident=values[index % len(values)])
    found = [text for text in run.warnings if text.startswith("st: ")]
    assert len(found) == warns
    if warns:
        assert (
            "for 6 iterations no pixel of the target had a label above the threshold 0.7"
            in (found[0])
        )


def test_runs_without_a_target_and_other_models():
    run = Run()
    run.force(run.model.segmentor, 0)
    run.go(20, target=False)
    run.model = torch.nn.Linear(1, 1)
    run.go(20)
    assert run.warnings == []


def test_modes_and_statistics_stay():
    config = segmentor_config(norm=BATCH_NORM)
    model = build(config).segmentor
    model.backbone.layer1.eval()
    modes = [module.training for module in model.modules()]
    before = {key: value.clone() for key, value in model.state_dict().items()}
    with evaluating(model):
        assert not any(module.training for module in model.modules())
        model.extract_feat(torch.randn(1, 3, 32, 32))
    assert [module.training for module in model.modules()] == modes
    assert differences(before, dict(model.state_dict())) == []


def test_a_run_is_the_same_with_and_without(write_config, tmp_path):
    config = write_config(ADAPTED)
    options = {"train_cfg.max_iters": 3}
    train(config, tmp_path / "with", {**options, "default_hooks.learning.interval": 1})
    train(config, tmp_path / "without", {**options, "default_hooks.learning": None})
    assert differences(read(tmp_path / "with", 3), read(tmp_path / "without", 3)) == []


def test_warnings_of_a_run(write_config, tmp_path, caplog):
    options = [
        "default_hooks.learning.interval=1", "default_hooks.learning.patience=2",
        "model.alignments.self_training.threshold=1.0", "model.alignments.self_training.start=0",
        "train_cfg.max_iters=5",
    ]  # fmt: skip
    argv = ["train", write_config(ADAPTED), "--work-dir", str(tmp_path / "w")]
    with caplog.at_level(logging.WARNING):
        assert main([*argv, "--cfg-options", *options]) == 0
    (log,) = (tmp_path / "w").glob("*/*.log")
    assert log.read_text().count("had a label above the threshold 1, so the target teaches") == 1


def test_every_run_has_it():
    for name in (
        "toy/adapted.py",
        "uda/output_space/multi-level_deeplabv2-r101_120k_inria2massachusetts.py",
    ):
        assert load_config(f"mmda::{name}").default_hooks.learning.type == "LearningCheckHook"


@pytest.mark.parametrize("values", [dict(interval=0), dict(patience=0)])
def test_options_out_of_range(values):
    with pytest.raises(ConfigError, match="must be 1 or more"):
        LearningCheckHook(**values)
