"""Locks: who is refused, who waits, and what is left."""

import errno
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import pytest

from mmda.utils.locks import LockedError, locked

DIE_HOLDING = """
import os, signal, sys
from pathlib import Path
from mmda.utils.locks import locked
with locked(Path(sys.argv[1])):
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_second_holder_is_refused_and_told_who_holds_it(tmp_path):
    with locked(tmp_path / "new/.lock"):
        state = json.loads((tmp_path / "new/.lock.json").read_text())
        with (
            pytest.raises(LockedError, match="is taken: shard 1/2 is writing into it") as caught,
            locked(tmp_path / "new/.lock", holder="shard 1/2"),
        ):
            pass
    who = f"(process {os.getpid()} on `{state['host']}`, since {state['since']})"
    assert who in str(caught.value) and str(tmp_path / "new") in str(caught.value)
    assert list((tmp_path / "new").iterdir()) == []


def test_a_damaged_state_is_left_out_of_the_message(tmp_path):
    with locked(tmp_path / ".lock"):
        (tmp_path / ".lock.json").write_text("{")
        with pytest.raises(LockedError, match=r"into it\. Two at once"), locked(tmp_path / ".lock"):
            pass


def test_an_error_inside_frees_the_lock(tmp_path):
    with pytest.raises(OSError, match="inside"), locked(tmp_path / ".lock"):
        raise OSError("inside")
    with locked(tmp_path / ".lock"):
        pass


def test_who_waits_gets_it_after_the_other_removed_the_folder(tmp_path):
    order, root = [], tmp_path / "folder"

    def wait():
        with locked(root / ".lock", wait=True):
            order.append("second")

    with locked(root / ".lock"):
        thread = threading.Thread(target=wait)
        thread.start()
        thread.join(0.1)
        order.append("first")
        shutil.rmtree(root)
    thread.join(10)
    assert order == ["first", "second"]


def test_a_killed_holder_blocks_nobody(tmp_path):
    command = [sys.executable, "-c", DIE_HOLDING, str(tmp_path / ".lock")]
    assert subprocess.run(command).returncode == -signal.SIGKILL
    assert {path.name for path in tmp_path.iterdir()} == {".lock", ".lock.json"}
    with locked(tmp_path / ".lock"):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("code", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_disk_without_locks_is_warned_of(tmp_path, monkeypatch, code):
    def missing(*_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", missing)
    expected = rf"Cannot lock `{tmp_path}` \({os.strerror(code)}\): make"
    with pytest.warns(UserWarning, match=expected), locked(tmp_path / ".lock"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_warned_of(tmp_path):
    (tmp_path / "file").touch()
    with pytest.warns(UserWarning, match="Cannot lock"), locked(tmp_path / "file/.lock"):
        pass


def test_no_warning_where_locks_work(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with locked(tmp_path / ".lock", wait=True):
            pass


def test_a_folder_that_goes_while_it_is_made_is_made_again(tmp_path, monkeypatch):
    """Two runs that end and begin at once: one removes the folder that the other finds."""
    real, calls = Path.mkdir, []

    def mkdir(self, *args, **kwargs):
        calls.append(self)
        if len(calls) == 1:  # as it is where the folder goes between `mkdir` and `is_dir`
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        return real(self, *args, **kwargs)

    monkeypatch.setattr(Path, "mkdir", mkdir)
    with locked(tmp_path / "o" / ".lock"):
        assert (tmp_path / "o" / ".lock").exists()
    assert len(calls) > 1
