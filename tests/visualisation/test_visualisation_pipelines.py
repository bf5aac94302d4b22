"""Figures show images in the look that the network was trained on."""

from __future__ import annotations

import numpy as np
import pytest

from mmda.engine.launch import load_config
from mmda.errors import ConfigError
from mmda.raster.dataset.tile_files import read_tile
from mmda.registry import TRANSFORMS
from mmda.visualisation.domains import open_domain, read_shown

DOMAIN = "dict(type='MatchDomain', source=source_root, target=target_root, prob={})"
TILE = "dict(type='MatchTile', target=target_root, method='histogram')"


@pytest.fixture
def matched(write_config, colour_map_text):
    """Return a function that loads a config whose source images pass through a colour map."""

    def load(step: str = DOMAIN.format(1.0), name: str = "matched.py"):
        return load_config(write_config(colour_map_text(step), name=name))

    return load


def picture(config, **options):
    return read_shown(open_domain(config, "source", **options), 1, "index").picture


def raw(config):
    return read_tile(open_domain(config, "source").get_data_info(1)["img_path"])[0]


def test_images_are_translated_as_in_training(matched):
    config = matched()
    step = TRANSFORMS.build(config.train_dataloader.dataset.source.pipeline[1])
    expected = step.match(raw(config))
    assert not np.array_equal(expected, raw(config))
    assert np.array_equal(picture(config), expected)


def test_images_are_left_as_they_are_where_training_has_such_too(matched):
    config = matched(DOMAIN.format(0.5))
    assert np.array_equal(picture(config), raw(config))


def test_the_look_of_a_tile_is_the_same_each_time_and_draws_nothing(matched):
    config = matched(TILE)
    np.random.seed(3)
    before = np.random.get_state()[1].copy()
    first = picture(config)
    assert np.array_equal(np.random.get_state()[1], before)
    np.random.seed(4)
    assert np.array_equal(picture(config), first)
    assert not np.array_equal(first, raw(config))


def test_each_model_sees_one_configs_images_in_its_own_look(matched, cdga_config):
    plain, translated = load_config(cdga_config), matched()
    assert np.array_equal(picture(plain, seen_by=translated), picture(translated))
    assert np.array_equal(picture(translated, seen_by=plain), raw(plain))


def test_images_of_another_config_have_one_look(matched, cdga_config):
    config = matched()
    source = config.train_dataloader.dataset.source
    other = dict(source, pipeline=[step for step in source.pipeline if "Match" not in step.type])
    config.train_dataloader.dataset.source = dict(type="ConcatDataset", datasets=[source, other])
    assert len(picture(config).shape) == 3
    with pytest.raises(ConfigError, match=r"matched.py` has pipelines with different"):
        picture(load_config(cdga_config), seen_by=config)
