"""A clear word where installed packages overwrite each other."""

from __future__ import annotations

import subprocess
import sys
import warnings
from importlib.metadata import PackageNotFoundError
from types import SimpleNamespace

import pytest

from mmda.cli import guarded
from mmda.utils import installation


def pretend(monkeypatch, *installed: str) -> None:
    def distribution(name: str) -> SimpleNamespace:
        if name not in installed:
            raise PackageNotFoundError(name)
        return SimpleNamespace(files=[])

    monkeypatch.setattr(installation, "distribution", distribution)


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


@pytest.mark.parametrize("files", ["mmda/__init__.py,,", "__editable__.mmda.pth,,"])
def test_another_project_of_this_name(tmp_path, files):
    """Its files stand in the way; an editable installation of mmda under its old name has none."""
    folder = tmp_path / "mmda-0.4.8.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: mmda\nVersion: 0.4.8\n")
    (folder / "RECORD").write_text(f"{files}\n")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from mmda.cli import main; "
    command = [sys.executable, "-c", f"{code}sys.exit(main(['configs', 'toy/adapted.py']))"]
    done = subprocess.run(command, capture_output=True, text=True)
    if files.startswith("mmda/"):
        assert done.returncode == 2
        assert done.stderr.startswith("error: The distribution `mmda` of another project is ")
        assert "`pip uninstall -y mmda mmda-rs` and then install mmda-rs again" in done.stderr
    else:
        assert (done.returncode, done.stderr) == (0, "")


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
