"""Typos in a config, found before anything is built, through the command line's own path."""

from __future__ import annotations

import pytest
from core_samples import ADAPTED

from mmda.cli import main
from mmda.engine.launch import load_config
from mmda.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "place", "nearest"),
    [
        ("optim_wraper = dict()", "`optim_wraper`", "optim_wrapper"),
        ("custom_hook = []", "`custom_hook`", "custom_hooks"),
        ("model['alignments']['adversarial']['type'] = 'OutputAdversrial'",
         "model.alignments.adversarial.type", "OutputAdversarial"),
        ("model['alignments']['adversarial']['wieghts'] = {}",
         "model.alignments.adversarial", "weights"),
        ("model['alignments']['self_training']['treshold'] = 0.5",
         "model.alignments.self_training", "threshold"),
        ("model['alignments']['adversarial']['discriminator']['num_layer'] = 3",
         "model.alignments.adversarial.discriminator", "num_layers"),
        ("model['teacher']['momentm'] = 0.5", "model.teacher", "momentum"),
        ("model['segmentor']['decode_head']['num_clases'] = 2",
         "model.segmentor.decode_head", "num_classes"),
        ("model['segmentor']['backbone']['base_chanels'] = 2",
         "model.segmentor.backbone", "base_channels"),
        ("model['segmentr'] = {}", "model", "segmentor"),
        ("train_dataloader['batch_sze'] = 2", "train_dataloader", "batch_size"),
        ("train_dataloader['dataset']['sorce'] = 2", "train_dataloader.dataset", "source"),
        ("augment[1]['crop_sise'] = (8, 8)",
         "train_dataloader.dataset.source.pipeline[1]", "crop_size"),
        ("augment[3]['type'] = 'RandomRotate09'",
         "train_dataloader.dataset.source.pipeline[3].type", "RandomRotate90"),
        ("train_cfg['max_iter'] = 3", "train_cfg", "max_iters"),
        ("param_scheduler[0]['powr'] = 3", "param_scheduler[0]", "power"),
        ("default_hooks['checkpoint']['max_kep_ckpts'] = 3",
         "default_hooks.checkpoint", "max_keep_ckpts"),
        ("default_hooks['chekpoint'] = dict(interval=3)", "default_hooks.chekpoint", "checkpoint"),
        ("val_evaluator = dict(type='SegmentationMetric', subset={})", "val_evaluator", "subsets"),
        ("optim_wrapper = dict(precison='bf16')", "optim_wrapper", "precision"),
        ("optim_wrapper = dict(optimizers=dict(segmenter=dict(optimizer=dict(lr=1))))",
         "optim_wrapper.optimizers.segmenter", "segmentor"),
        ("optim_wrapper = dict(optimizers=dict(segmentor=dict(optimiser=dict(lr=1))))",
         "optim_wrapper.optimizers.segmentor", "optimizer"),
        ("optim_wrapper = dict(optimizers=dict(segmentor=dict(optimizer=dict(weight_decy=1))))",
         "optim_wrapper.optimizers.segmentor.optimizer", "weight_decay"),
        ("optim_wrapper = dict(optimizers=dict(grouping=dict(type='OptimWraper')))",
         "optim_wrapper.optimizers.grouping.type", "OptimWrapper"),
        ("randomness = dict(sed=3)", "randomness", "seed"),
        ("trian_cfg = dict(max_iters=3)", "`trian_cfg`", "train_cfg"),
    ],
)  # fmt: skip
def test_a_typo_names_its_place_and_the_nearest_name(write_config, text, place, nearest):
    path = write_config(ADAPTED + text + "\n")
    with pytest.raises(ConfigError) as error:
        load_config(path)
    assert place in str(error.value)
    assert f"Did you mean `{nearest}`?" in str(error.value)


@pytest.mark.parametrize("name", ["Spectral", "kmeans"])
def test_an_unknown_grouping_lists_those_that_there_are(write_config, name):
    text = f"""
model["alignments"] = dict(
    cdga=dict(type="GroupAlignment", num_classes=2, grouping=dict(type="{name}"))
)
"""
    with pytest.raises(ConfigError) as error:
        load_config(write_config(ADAPTED + text))
    assert "model.alignments.cdga.grouping.type: nothing is registered" in str(error.value)
    assert "Expected one of GroupHead, KMeansGrouping, NMFGrouping." in str(error.value)
    assert "SegRescale" not in str(error.value)


@pytest.mark.parametrize(
    ("option", "nearest"),
    [
        ("model.alignments.self_trainin.weight=0.5", "self_training"),
        ("model.alignments.self_training.wieght=0.5", "weight"),
        ("optim_wrapper.optimizers.segmentr.optimizer.lr=0.1", "segmentor"),
        ("train_dataloader.batchsize=3", "batch_size"),
        ("train_cfg.max_itres=3", "max_iters"),
        ("default_hooks.loger.interval=3", "logger"),
        ("modl.evaluate=student", "model"),
    ],
)
def test_a_typo_in_cfg_options_exits_with_one_line(write_config, tmp_path, capsys, option, nearest):
    work = tmp_path / "work"
    argv = ["train", write_config(ADAPTED), "--work-dir", str(work), "--cfg-options", option]
    assert main(argv) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
    assert f"Did you mean `{nearest}`?" in line
    assert not work.exists()


def test_cfg_options_that_fit_are_taken(write_config):
    options = {"model.alignments.self_training.weight": 0.5, "train_dataloader.batch_size": 3}
    config = load_config(write_config(ADAPTED), options)
    assert config.model.alignments.self_training.weight == 0.5
    assert config.train_dataloader.batch_size == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = (", "cannot be read"),
        ("_base_ = ['gone.py']", "gone.py"),
        ("a = 1 / 0", "cannot be read"),
        ("a = b", "cannot be read"),
        ("raise ValueError(3)", "cannot be read: ValueError: 3"),
    ],
)
def test_a_faulty_file(write_config, text, message):
    with pytest.raises(ConfigError, match=message):
        load_config(write_config(text + "\n", base=""))


def test_a_missing_file(tmp_path):
    with pytest.raises(ConfigError, match=r"gone\.py` does not exist\. `mmda configs` lists"):
        load_config(tmp_path / "gone.py")


def test_settings_that_the_runner_reads_from_the_config_are_taken(write_config):
    options = {"compile.backend": "eager", "find_unused_parameters": True,
               "model_wrapper_cfg.static_graph": True, "sync_bn": "torch"}  # fmt: skip
    config = load_config(write_config(ADAPTED), options)
    assert config.compile == {"backend": "eager"}
    assert config.find_unused_parameters and config.model_wrapper_cfg.static_graph
