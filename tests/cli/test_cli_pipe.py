import subprocess
import sys

import pytest

from mmda.cli import guarded

PRINTS = "from mmda.cli import guarded; raise SystemExit(guarded(lambda argv: print('row'), []))"


def test_a_reader_that_has_ended_is_no_error():
    process = subprocess.Popen(
        [sys.executable, "-c", PRINTS], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(60) == 141


def test_another_broken_pipe_is_an_error():
    def broken(argv):
        raise BrokenPipeError("a worker has died")

    with pytest.raises(BrokenPipeError, match="a worker has died"):
        guarded(broken, [])
