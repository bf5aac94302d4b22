"""A checkpoint of another form is refused in a sentence, whatever part of it is odd."""

from __future__ import annotations

import pytest
import torch
from core_samples import ADAPTED
from model_samples import build

from mmda.cli import main
from mmda.engine.checkpoint import check_fits, check_resumable, read_checkpoint
from mmda.errors import ConfigError

CASES = [
    ({"state_dict": [1, 2]}, "its `state_dict` is a list, expected a dict"),
    ({"state_dict": None}, "its `state_dict` is a NoneType, expected a dict"),
    ({"state_dict": {1: 2}}, "its `state_dict` has the key 1, expected are names"),
    ({1: 2}, "its `state_dict` has the key 1"),
    ({"state_dict": {}, "meta": [1]}, "its `meta` is a list, expected a dict"),
    ({"state_dict": {}, "meta": {"dataset_meta": "x"}}, "its `dataset_meta` is a str"),
]
META = [
    ({"classes": 5}, "its `classes` are 5, expected a list of names"),
    ({"classes": "ab"}, "its `classes` are 'ab', expected a list of names"),
    ({"classes": ["a\x1b[31m\n", "b"]}, r"The class name 'a\x1b[31m\n' is refused"),
    ({"training_data": "x"}, "its `training_data` is odd"),
    ({"training_data": {"bands": 3}}, "its `training_data` is odd"),
]


@pytest.mark.parametrize(
    ("content", "message"),
    [*CASES, *(({"state_dict": {}, "meta": {"dataset_meta": meta}}, m) for meta, m in META)],
)
def test_odd_content_is_named(tmp_path, content, message):
    torch.save(content, tmp_path / "c.pth")
    with pytest.raises(ConfigError, match=r"c\.pth`") as error:
        read_checkpoint(tmp_path / "c.pth")
    assert message in str(error.value)
    assert str(error.value).isprintable()


def test_a_command_says_it_in_a_sentence(tmp_path, write_config, capsys):
    torch.save({"state_dict": [1]}, tmp_path / "c.pth")
    path, out = str(tmp_path / "c.pth"), str(tmp_path / "o")
    assert main(["predict", write_config(ADAPTED), path, "scene.tif", "--out", out]) == 2
    assert "its `state_dict` is a list" in capsys.readouterr().err


def test_weights_that_are_no_tensors():
    model = build()
    state = model.state_dict()
    key = "segmentor.decode_head.conv_seg.weight"
    with pytest.raises(ConfigError, match=r"its `decode_head.conv_seg.weight` is a str"):
        check_fits(model, {"state_dict": {**state, key: "x"}}, "c.pth")


@pytest.mark.parametrize("part", ["stream", "meta", "message_hub"])
def test_parts_of_a_run_that_are_no_dicts(part):
    content = {"meta": {"iter": 1}, "message_hub": {"a": 1}, "optimizer": {"a": 1}, part: "x"}
    with pytest.raises(ConfigError, match=f"its `{part}` is a str, expected a dict"):
        check_resumable(content, "c.pth", 1, 1)
