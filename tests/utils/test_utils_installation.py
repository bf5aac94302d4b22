"""A clear word where an original package stands beside its fork."""

from __future__ import annotations

import warnings
from importlib.metadata import PackageNotFoundError

import pytest

from mmda.cli import guarded
from mmda.utils import installation


def pretend(monkeypatch, *installed: str) -> None:
    def version(name: str) -> str:
        if name not in installed:
            raise PackageNotFoundError(name)
        return "1.0"

    monkeypatch.setattr(installation, "version", version)


def test_both_editions(monkeypatch):
    pretend(
        monkeypatch, "mmsegmentation", "onedl-mmsegmentation", "mmcv", "mmcv-lite", "onedl-mmcv"
    )
    with pytest.raises(ImportError) as error:
        installation.check_installation()
    old, new = "mmsegmentation mmcv mmcv-lite", "onedl-mmsegmentation onedl-mmcv"
    assert f"`{old}` and the maintained `{new}` are both installed" in str(error.value)
    assert f"`pip uninstall -y {old} {new}` and then `pip install {new}`" in str(error.value)


def test_commands_say_so_without_a_traceback(monkeypatch, capsys):
    pretend(monkeypatch, "mmsegmentation", "onedl-mmsegmentation")
    assert guarded(installation.check_installation)() == 2
    assert capsys.readouterr().err.startswith("error: `mmsegmentation` and the maintained")


@pytest.mark.parametrize("installed", [(), ("onedl-mmengine",), ("mmengine",)])
def test_one_edition(monkeypatch, installed):
    pretend(monkeypatch, *installed)
    installation.check_installation()


def test_quiet_imports(capsys):
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        with installation.quiet_imports():
            print("Could not import OneDL")
            warnings.warn("no ops", stacklevel=1)
    assert capsys.readouterr().out == ""
    assert not seen
