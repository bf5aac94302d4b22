import os
import subprocess
import sys

import pytest

from mmda.cli import guarded

SCRIPT = """
from mmda.cli import guarded
from mmda.errors import DataError
def command(argv):
    print("row", flush={flush})
    {then}
raise SystemExit(guarded(command, []))
"""


def run(flush=False, then="", **streams):
    """Run a command, and start with buffered output whatever the environment says."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONUNBUFFERED"}
    command = [sys.executable, "-c", SCRIPT.format(flush=flush, then=then)]
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, **streams)


@pytest.mark.parametrize(
    ("flush", "then", "code", "message"),
    [
        (True, "", 141, b""),
        (False, "", 0, b""),  # all is done but for the output that nobody reads
        (False, "raise DataError('no tiles')", 2, b"error: no tiles\n"),
        (False, "raise KeyboardInterrupt", 130, b"interrupted\n"),
    ],
)
def test_a_reader_that_has_ended_is_no_error(flush, then, code, message):
    process = run(flush, then, stdout=subprocess.PIPE)
    process.stdout.close()
    assert process.stderr.read() == message
    assert process.wait(60) == code


def test_a_command_without_standard_output_succeeds():
    process = run(preexec_fn=lambda: os.close(1))
    assert process.stderr.read() == b""
    assert process.wait(60) == 0


def test_another_broken_pipe_is_an_error():
    def broken(argv):
        raise BrokenPipeError("a worker has died")

    with pytest.raises(BrokenPipeError, match="a worker has died"):
        guarded(broken, [])
