import os
import subprocess
import sys

import pytest

from mmda.cli import guarded

HELP = "from mmda.cli import main; raise SystemExit(main({arguments}))"
SCRIPT = """
from mmda.cli import guarded
from mmda.errors import DataError
@guarded
def command():
    print("row", flush={flush})
    {then}
raise SystemExit(command())
"""


def run(script, **streams):
    """Start a script with buffered output, whatever the environment says."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONUNBUFFERED"}
    command = [sys.executable, "-c", script]
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
    process = run(SCRIPT.format(flush=flush, then=then), stdout=subprocess.PIPE)
    process.stdout.close()
    assert (process.communicate(timeout=120)[1], process.returncode) == (message, code)


@pytest.mark.parametrize("arguments", [["--help"], ["ablation", "--help"]])
def test_nor_is_it_for_the_help(arguments):
    process = run(HELP.format(arguments=arguments), stdout=subprocess.PIPE)
    process.stdout.close()
    assert (process.communicate(timeout=120)[1], process.returncode) == (b"", 0)


def test_a_command_without_standard_output_succeeds():
    process = run(SCRIPT.format(flush=False, then=""), preexec_fn=lambda: os.close(1))
    assert (process.communicate(timeout=120)[1], process.returncode) == (b"", 0)


def test_a_system_without_poll_and_a_closed_stream(monkeypatch):
    with monkeypatch.context() as patch:
        patch.delattr("select.poll")
        assert guarded(lambda: 0)() == 0
    with monkeypatch.context() as patch, open(os.devnull, "w") as stream:
        patch.setattr(sys, "stdout", stream)
        stream.close()
        assert guarded(lambda: 0)() == 0


def test_another_broken_pipe_is_an_error():
    @guarded
    def broken():
        raise BrokenPipeError("a worker has died")

    with pytest.raises(BrokenPipeError, match="a worker has died"):
        broken()
