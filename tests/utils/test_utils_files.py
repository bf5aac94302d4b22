"""Atomic writing and free space."""

from __future__ import annotations

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from mmda.errors import DataError
from mmda.utils import atomic_path, atomic_write_text, ensure_free_space, files


def names(folder) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def test_whole_file_appears_at_the_end(tmp_path):
    path = tmp_path / "deep" / "file.tif"
    with atomic_path(path) as temporary:
        assert temporary.suffix == ".tif"
        assert temporary.parent == path.parent
        temporary.write_text("new")
        assert not path.exists()
    assert path.read_text() == "new"
    assert names(path.parent) == ["file.tif"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
@pytest.mark.parametrize("existing", [None, "old"])
def test_an_exception_leaves_what_was_there(tmp_path, error, existing):
    path = tmp_path / "file.txt"
    if existing:
        path.write_text(existing)
    with pytest.raises(error), atomic_path(path) as temporary:  # noqa: PT012
        temporary.write_text("half")
        raise error
    assert names(tmp_path) == (["file.txt"] if existing else [])
    if existing:
        assert path.read_text() == existing


def test_a_kill_leaves_what_was_there(tmp_path):
    path = tmp_path / "file.txt"
    path.write_text("old")
    code = (
        "import os, signal, sys\nfrom mmda.utils import atomic_path\n"
        "with atomic_path(sys.argv[1]) as t:\n"
        "    t.write_text('half'); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert subprocess.run([sys.executable, "-c", code, str(path)]).returncode == -9
    assert path.read_text() == "old"
    assert [n for n in names(tmp_path) if not n.startswith(".")] == ["file.txt"]


def test_json_is_written_unless_it_is_there(tmp_path):
    path = tmp_path / "a.json"
    files.atomic_write_json(path, {"a": 1})
    assert path.read_text() == '{\n "a": 1\n}'
    before = path.stat().st_ino
    with path.open() as kept:  # keeps the old file's number from being given again
        files.atomic_write_json(path, {"a": 1})
        assert path.stat().st_ino == before
        files.atomic_write_json(path, {"a": 2})
        assert path.stat().st_ino != before
        assert kept.read() == '{\n "a": 1\n}'
    assert path.read_text() == '{\n "a": 2\n}'


def test_leftovers_are_found_with_their_final_names(tmp_path):
    for name in ("whole.tif", "a.b.json", "none"):
        with atomic_path(tmp_path / name) as temporary:
            temporary.touch()
            temporary.with_name(temporary.name.replace(".tmp-", ".tmp-0")).touch()
    assert sorted(name for _, name in files.leftovers(tmp_path)) == [
        "a.b.json",
        "none",
        "whole.tif",
    ]
    assert all(path.exists() for path, _ in files.leftovers(tmp_path))
    assert list(files.leftovers(tmp_path / "missing")) == []


def test_atomic_text(tmp_path):
    atomic_write_text(tmp_path / "a.json", "häuser")
    assert (tmp_path / "a.json").read_bytes() == "häuser".encode()
    assert os.listdir(tmp_path) == ["a.json"]


@pytest.mark.parametrize(("needed", "enough"), [(99, True), (100, True), (101, False)])
def test_free_space(tmp_path, monkeypatch, needed, enough):
    seen = []
    monkeypatch.setattr(
        files.shutil, "disk_usage", lambda p: seen.append(p) or SimpleNamespace(free=100 * 2**20)
    )
    folder = tmp_path / "not" / "yet"
    if enough:
        ensure_free_space(folder, needed * 2**20)
    else:
        with pytest.raises(DataError, match="yet`: about 101 MiB are needed, 100 MiB are free"):
            ensure_free_space(folder, needed * 2**20)
    assert seen == [tmp_path]


@pytest.mark.parametrize("data", [b"", b"abc" * 999, memoryview(b"abc")])
def test_atomic_bytes(tmp_path, data):
    path = tmp_path / "made/a.bin"
    files.atomic_write_bytes(path, data)
    files.atomic_write_bytes(path, data)
    assert path.read_bytes() == bytes(data)
    assert os.listdir(tmp_path / "made") == ["a.bin"]


def test_atomic_bytes_leave_the_old_file_when_they_fail(tmp_path, monkeypatch):
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        files.atomic_write_bytes(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.bin"]
