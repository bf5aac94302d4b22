"""What does not fit is named, and nothing is written."""

from __future__ import annotations

import re

import pytest
import torch
from published_networks import random_weights

import mmda
from mmda.errors import ConfigError

MULTI = {"layer5": 3, "layer6": 4}


def refused(tmp_path, state, message, **options):
    torch.save(state, tmp_path / "public.pth")
    with pytest.raises(ConfigError, match=message):
        mmda.convert(tmp_path / "public.pth", tmp_path / "ours.pth", **options)
    assert [path.name for path in tmp_path.iterdir()] == ["public.pth"]


def changed(state, **values):
    """Weights with others in place of some; None leaves one out."""
    state = state | values
    return {name: value for name, value in state.items() if value is not None}


@pytest.fixture(scope="module")
def multi():
    return random_weights(heads=MULTI)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"layer3.5.conv2.weight": None}, "It lacks `layer3.5.conv2.weight`. Nothing is written"),
        ({"layer6.conv2d_list.1.bias": None}, "It lacks `layer6.conv2d_list.1.bias`."),
        ({"layer7.weight": torch.ones(1)}, "Not of the network are `layer7.weight`."),
        (
            {"layer2.0.bn3.bias": torch.ones(3)},
            "Odd are `layer2.0.bn3.bias` has the shape (3,), expected (32,).",
        ),
        ({"bn1.weight": 3}, "`bn1.weight` is a int, expected a tensor"),
        ({"conv1.weight": torch.ones(4, 4, 7, 7)}, "`conv1.weight` has the shape (4, 4, 7, 7)"),
        ({"conv1.weight": None}, "lacks `conv1.weight`, so it is of another network"),
        ({"conv1.weight": torch.ones(4)}, "no convolution's weight as `conv1.weight`"),
        ({"layer5.conv2d_list.0.weight": 3}, "weight as `layer5.conv2d_list.0.weight`, so"),
        ({"layer6.conv2d_list.0.weight": "no"}, "weight as `layer6.conv2d_list.0.weight`, so"),
        ({"layer3.22.conv1.weight": None}, "has 3, 4, 22, 3 blocks in its four layers; expected"),
        (
            {"layer5.conv2d_list.1.weight": torch.ones(2, 64, 3, 3)},
            "`layer5.conv2d_list.1.weight` has the shape (2, 64, 3, 3), expected (19, 64, 3, 3)",
        ),
    ],
)
def test_weights_that_do_not_fit(tmp_path, multi, values, message):
    refused(tmp_path, changed(multi, **values), re.escape(message), layout="adaptsegnet")


@pytest.mark.parametrize(
    ("heads", "options", "message"),
    [
        (MULTI, {}, r"2 public codes.*adaptsegnet \(.*\) sums 2; advent \(.*\) sums 4\..*--layout"),
        ({"layer5": 4}, {}, r"bdl \(.*\) sums 4; deeplab \(.*\) sums 2"),
        (MULTI, {"layout": "clan"}, "does not have the layout `clan`.*adaptsegnet or advent"),
        (MULTI, {"layout": "advnt"}, "Unknown layout `advnt`.*Did you mean `advent`"),
    ],
)
def test_layouts_that_share_names_are_asked_for(tmp_path, heads, options, message):
    refused(tmp_path, random_weights(heads=heads), message, **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"classes": ["a", "b"]}, "has 3 classes, but 2 names are given: a, b"),
        ({"classes": ["a", "b", "a"]}, "have the name `a` more than once: a, b, a"),
        ({"classes": ["a", "b", "c\n"]}, "The class name .* is refused"),
        ({"like": "mmda::toy/adapted.py"}, "has 3 classes, the config `.*adapted.py` 2"),
        ({"like": "mmda::style/toy.py"}, r"has no `model\.segmentor`"),
    ],
)
def test_the_number_of_classes_must_fit(tmp_path, options, message):
    refused(tmp_path, random_weights(classes=3), message, layout="bdl", **options)


@pytest.mark.parametrize(
    ("head", "found"),
    [("[dict(num_classes=3)] * 2", "a list of 2"), ("None", "None"), ("dict(a=1)", "{'a': 1}")],
)
def test_the_config_must_have_one_head(tmp_path_factory, tmp_path, head, found):
    like = tmp_path_factory.mktemp("like") / "like.py"
    like.write_text(f"model = dict(segmentor=dict(decode_head={head}))\n")
    message = re.escape(f"like.py` is {found}; expected is one head with `num_classes`")
    refused(tmp_path, random_weights(classes=3), message, layout="bdl", like=like)


@pytest.mark.parametrize("name", ["o'ut", 'o"ut', "o\\ut", "o\nut", "{{ fileBasename }}"])
def test_folders_that_could_be_code_are_refused(tmp_path, name):
    """The checkpoint does not even exist."""
    with pytest.raises(ConfigError, match=r"The folder .* is refused, as its path becomes a part"):
        mmda.convert(tmp_path / "gone.pth", tmp_path / name / "ours.pth")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=r"ours\.pth` cannot be written \(Not a directory\)"):
        mmda.convert(tmp_path / "gone.pth", tmp_path / "file/ours.pth")


def test_other_files_are_no_checkpoints(tmp_path):
    refused(tmp_path, {"fc.weight": torch.ones(2)}, r"none of the layouts.*begins with fc\.weight")
    with pytest.raises(ConfigError, match=r"must end in \.pth"):
        mmda.convert(tmp_path / "public.pth", tmp_path / "ours.safetensors")
    with pytest.raises(ConfigError, match=r"gone\.pth` does not exist"):
        mmda.convert(tmp_path / "gone.pth", tmp_path / "ours.pth")
