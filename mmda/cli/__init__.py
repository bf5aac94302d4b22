"""The ``mmda`` command. Its sub-commands are the functions behind ``tools/*.py``."""

from __future__ import annotations

import argparse
import functools
import importlib
import os
import select
import sys
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from mmda.errors import MMDAError
from mmda.utils.installation import check_installation

COMMANDS = {
    "train": "train a segmentor from a config",
    "test": "evaluate a checkpoint",
    "select": "choose among checkpoints without target labels",
    "calibrate": "fit the temperature of a model's probabilities, for the target",
    "suggest": "which tiles of an unlabelled target to label next",
    "predict": "map whole rasters to georeferenced masks",
    "score": "score maps against the truth",
    "vectorise": "polygons and road centre lines of masks",
    "adapt-bn": "estimate a model's batch-norm statistics anew on a target",
    "convert": "take over a checkpoint of a public adaptation code",
    "export": "write a model for others: safetensors, MMSegmentation or ONNX",
    "pseudo_label": "label a target dataset with a model, for self-training",
    "tile": "tile rasters or convert a dataset: mmda tile NAME ...",
    "pair": "make a transfer task from two tiled datasets",
    "verify": "check a tiled dataset against its manifest",
    "translate": "copy a tiled dataset in another domain's look",
    "weights": "list or fetch the pretrained weights that configs start from",
    "configs": "list the configs that come with mmda, or copy one to edit",
    "discover-patch-modes": "find the modes of patch-level alignment in the source's labels",
    "complexity": "what a config's model costs, at inference or in training",
    "ablation": "train the rows of a table over seeds and render it",
    "compare": "train every method on your source and target: one table",
    "figures": "group maps of CDGA models; patches of modes; t-SNE of what models put out",
    "report": "scores, curves, maps and data of work dirs in one HTML file",
    "demo": "the main job, end to end, on the toy cities",
}


def guarded(command: Callable[..., int | None]) -> Callable[..., int]:
    """Decorate a command so that user errors and Ctrl-C become exit codes."""

    @functools.wraps(command)
    def run(*arguments: Any) -> int:
        # Plain images are welcome: their warnings tell nothing new.
        warnings.filterwarnings("ignore", message="Dataset has no geotransform, gcps, or rpcs")
        try:
            check_installation()
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
    given = list(sys.argv[1:] if argv is None else argv)
    parser = argparse.ArgumentParser(prog="mmda", description=(__doc__ or "").replace("``", ""))
    sub = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, summary in COMMANDS.items():
        sub.add_parser(name, help=summary, add_help=False)
    command = parser.parse_args(given[:1]).command
    module = importlib.import_module(f"mmda.cli.{command.replace('-', '_')}")
    return int(module.main(given[1:]) or 0)


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
