"""Errors that name what was expected."""

import pytest

from mmda.errors import ConfigError, check_choice


def test_a_known_name_passes():
    check_choice("method", "pca", ("lab", "pca"))
    check_choice("method", "pca", iter(["lab", "pca"]))


@pytest.mark.parametrize(
    ("name", "where", "message"),
    [
        ("pcs", "", "Unknown method `pcs`; expected one of lab, pca. Did you mean `pca`?"),
        ("xyz", "Match", "Match: unknown method `xyz`; expected one of lab, pca."),
    ],
)
def test_an_unknown_name(name, where, message):
    with pytest.raises(ConfigError) as caught:
        check_choice("method", name, ("lab", "pca"), where)
    assert str(caught.value) == message
