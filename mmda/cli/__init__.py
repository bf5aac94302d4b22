"""The ``mmda`` command. Its sub-commands are the functions behind ``tools/*.py``."""

from __future__ import annotations

import functools
import importlib
import os
import select
import sys
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from mmda import __version__
from mmda.cli.overview import COMMANDS, overview
from mmda.errors import ConfigError, MMDAError, did_you_mean
from mmda.utils.installation import check_installation


def guarded(command: Callable[..., int | None]) -> Callable[..., int]:
    """Decorate a command so that user errors and Ctrl-C become exit codes."""

    @functools.wraps(command)
    def run(*arguments: Any) -> int:
        # Plain images are welcome: their warnings tell nothing new.
        warnings.filterwarnings("ignore", message="Dataset has no geotransform, gcps, or rpcs")
        try:
            return int(command(*arguments) or 0)
        except MMDAError as error:
            # A data loader's worker passes its traceback on as the message; its last lines are
            # ours.
            message = str(error).rpartition(f"{type(error).__name__}: ")[2].strip()
            print(f"error: {message}", file=sys.stderr)
            return error.exit_code
        except KeyboardInterrupt:
            print("interrupted", file=sys.stderr)
            return 130
        except BrokenPipeError:
            if not _reader_left():
                raise
            return 141  # what a shell gives for a program that SIGPIPE ended
        finally:
            if _reader_left():
                _drop_output()

    return run


@guarded
def main(argv: Sequence[str] | None = None) -> int:
    """Run ``mmda COMMAND ...`` and return its exit code.

    Args:
        argv: The command and its arguments; ``sys.argv[1:]`` by default.

    Returns:
        0 on success, 2 for input that the user can mend (its message is printed without a
        traceback), 130 after Ctrl-C, 141 when it was to write to a reader (``| head``) that has
        ended.
    """
    command, *rest = list(sys.argv[1:] if argv is None else argv) or [""]
    if command in ("-h", "--help"):
        print(overview())
        return 0
    if command == "--version":
        print(f"mmda {__version__}")
        return 0
    if not command:
        print(overview(), file=sys.stderr)
        return ConfigError.exit_code
    if command not in COMMANDS:
        near = did_you_mean(command, [*COMMANDS, "--help", "--version"])
        raise ConfigError(f"mmda has no command `{command}`.{near} `mmda --help` lists all.")
    if command != "env":  # which tells of a faulty installation
        check_installation()
    module = importlib.import_module(f"mmda.cli.{command.replace('-', '_')}")
    return int(module.main(rest) or 0)


def _reader_left() -> bool:
    """Tell whether standard output goes to a program that has ended, as ``head`` does."""
    if not hasattr(select, "poll"):  # Windows
        return False
    poll = select.poll()
    try:
        poll.register(sys.stdout, select.POLLOUT)
    except (TypeError, ValueError):  # closed, or not a file
        return False
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))


def _drop_output() -> None:
    """Lead standard output nowhere, so that Python does not complain at its exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
