"""AIM's settings."""

from __future__ import annotations

import pytest
from alignment_contexts import CHANNELS, make_aim, scene

from mmda.errors import ConfigError
from mmda.models.alignments import AIM


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(things=(1, 4)), r"of 0 to 3; got things \[1, 4\] and stuff \[\]"),
        (dict(things=(1, 2), stuff=(2,)), "each once"),
        (dict(things=()), "at least one class"),
        (dict(connectivity=6), "must be 4 or 8, got 6"),
        (dict(capacity=0), "must be 1 or more: {'capacity': 0}"),
        (dict(max_instances=0), "must be 1 or more: {'max_instances': 0}"),
        (dict(capacity=10, min_fill=32), "at most 10 features.*Lower `min_fill`"),
        (dict(momentum=1.5), r"`momentum` in \[0, 1\], got 1.0, 0 and 1.5"),
        (dict(weight=-1.0), "must be 0 or more"),
        (dict(min_area=-1), "must be 0 or more"),
        (dict(mode="mean"), "AIM: unknown `mode` 'mean'"),
    ],
)
def test_wrong_settings_say_what_to_change(arguments, message):
    with pytest.raises(ConfigError, match=message):
        make_aim(**arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(in_channels=5), "`in_channels` is 5, but the feature map of `index=-1` has 6"),
        (dict(num_classes=3), "`num_classes` is 3, but the decode head has 4 classes"),
        (dict(index=2), "`index` is 2, but the backbone has 1 feature maps"),
    ],
)
def test_settings_that_do_not_fit_the_network_say_what_to_change(arguments, message):
    with pytest.raises(ConfigError, match=message):
        make_aim(**arguments)(scene()[0])


def test_defaults_are_the_published_ones():
    aim = AIM(num_classes=3, in_channels=CHANNELS)
    assert (aim.weight, aim.min_fill, aim.verify, aim.adaptive) == (1e-3, 32, True, True)
    assert aim.regions.things == (1, 2)
    assert (aim.regions.max_instances, aim.regions.connectivity, aim.regions.min_area) == (10, 8, 0)
    assert aim.banks["things"].features.shape == (2, 500, CHANNELS)
    assert aim.banks.keys() == {"things"}
    assert AIM(3, CHANNELS, things=(1,), stuff=(0,)).banks["stuff"].capacity == 50
