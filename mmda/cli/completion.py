"""``mmda completion SHELL``: a script that completes commands, options and file names."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Iterator, Sequence

from mmda.cli.overview import COMMANDS

SHELLS = ("bash", "zsh", "fish")
INSTALLATION = """The script starts no Python when you press Tab. Write it again after an update.

  bash  mmda completion bash > ~/.local/share/bash-completion/completions/mmda
        (in a folder that exists; the package bash-completion reads it)
  zsh   mmda completion zsh > ~/.zfunc/_mmda
        (before `compinit`, ~/.zshrc needs the line `fpath+=~/.zfunc`)
  fish  mmda completion fish > ~/.config/fish/completions/mmda.fish
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    parser = argparse.ArgumentParser(
        prog="mmda completion",
        description="Print a script that completes mmda's commands, options and files in a shell.",
        epilog=INSTALLATION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("shell", choices=SHELLS, help="your shell")
    return parser


def main(argv: Sequence[str]) -> int:
    """Print the script of a shell and return 0."""
    shell = build_parser().parse_args(argv).shell

    import shtab

    parser = whole_parser()
    for action in _actions(parser):
        if action.nargs != 0 and not action.choices and action.type not in (int, float):
            action.complete = shtab.FILE  # type: ignore[attr-defined]
    print(shtab.complete(parser, shell))
    return 0


def whole_parser() -> argparse.ArgumentParser:
    """Return one parser that has every command's parser as a sub-parser."""
    parser = argparse.ArgumentParser(prog="mmda")
    parser.add_argument("--version", action="store_true", help="print the version")
    commands = parser.add_subparsers()
    for name, summary in COMMANDS.items():
        module = importlib.import_module(f"mmda.cli.{name.replace('-', '_')}")
        commands.add_parser(name, help=summary, parents=[module.build_parser()], add_help=False)
    return parser


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Yield the arguments of a parser and of its sub-parsers."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for child in action.choices.values():
                yield from _actions(child)
        else:
            yield action
