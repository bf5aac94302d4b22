"""The configs that come with mmda, and their names, such as ``mmda::toy/adapted.py``.

They lie in ``mmda/.mim/configs``, where MMEngine looks for ``_base_ = 'mmda::...'``. An installed
package has the files there, a checkout a link to its folder ``configs``.
"""

from __future__ import annotations

import ast
import os
from fnmatch import fnmatchcase
from pathlib import Path

from mmda.errors import ConfigError, did_you_mean
from mmda.utils.files import atomic_write_text

PREFIX = "mmda::"
PARTS = "_base_"  # the folder of parts, which are no configs of their own


def configs_root() -> Path:
    """Return the folder of the configs.

    Raises:
        ConfigError: When it is missing, as in a checkout without symbolic links.
    """
    root = Path(__file__).parents[1] / ".mim" / "configs"
    if not root.is_dir():
        raise ConfigError(
            f"`{root}` is not a folder, so this copy of mmda has no configs. In a git checkout it "
            "is a symbolic link: run `git config core.symlinks true` and `git checkout mmda/.mim`."
        )
    return root.resolve()


def config_file(name: str | Path) -> Path:
    """Return the file of a config that is given as a path or as ``mmda::`` and a shipped name.

    Args:
        name: Such as ``mmda::toy/adapted.py`` or ``work_dirs/mine/adapted.py``. Whether a path
            exists is not checked.

    Raises:
        ConfigError: When mmda has no config of this name.
    """
    if not str(name).startswith(PREFIX):
        return Path(name)
    path = configs_root() / str(name)[len(PREFIX) :]
    if not path.is_file():
        hint = did_you_mean(str(name), [PREFIX + known for known in _names()])
        raise ConfigError(f"mmda has no config `{name}`.{hint} `mmda configs` lists them.")
    return path


def default_work_dir(config: str | os.PathLike[str]) -> Path:
    """Return ``work_dirs/`` and the config's path below ``configs`` or ``work_dirs``.

    So ``toy/adapted.py`` and ``custom/adapted.py`` never share checkpoints, and neither do the
    configs that ``mmda pair`` writes for two tasks. Elsewhere the config's name alone counts. A
    file with the name of its folder stands for the folder: ``compare/compare.py``.

    Args:
        config: A path, or a name such as ``mmda::toy/adapted.py``.
    """
    text = os.fspath(config)
    if text.startswith(PREFIX):
        text = f"configs/{text.removeprefix(PREFIX)}"
    parts = Path(text).with_suffix("").parts
    roots = [parts.index(name) for name in ("configs", "work_dirs") if name in parts]
    below = parts[max(roots) + 1 :] if roots else parts[-1:]
    return Path("work_dirs", *(below[:-1] if below[-2:-1] == below[-1:] else below))


def find_configs(pattern: str = "") -> list[str]:
    """Return the names below the configs' folder that fit a pattern, sorted.

    Args:
        pattern: A name; else a pattern with ``*`` and ``?``; else a part of the names. The files of
            ``_base_`` are left out unless the pattern mentions them.

    Raises:
        ConfigError: When no name fits.
    """
    wanted = pattern.removeprefix(PREFIX)
    names = [name for name in _names() if PARTS in wanted or not name.startswith(PARTS)]
    if wanted in names:
        return [wanted]
    glob = wanted if set(wanted) & set("*?[") else f"*{wanted}*"
    found = [name for name in names if fnmatchcase(name, glob)]
    if not found:
        raise ConfigError(
            f"No config fits `{pattern}`.{did_you_mean(wanted, names)} `mmda configs` lists them."
        )
    return found


def summary(name: str) -> str:
    """Return the first sentence of a config's first comment; empty where it has none."""
    words: list[str] = []
    for line in (configs_root() / name).read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        words += line.lstrip("# ").split()
        if words and words[-1].endswith("."):
            break
    return (" ".join(words).partition(". ")[0]).rstrip(".")


def copy_config(pattern: str, folder: str | Path) -> Path:
    """Copy one config to a folder, where it inherits from the installed ones.

    Args:
        pattern: A pattern that one config fits, see :func:`find_configs`.
        folder: It is made where it is missing.

    Returns:
        The copy. Its ``_base_`` names ``mmda::...``, so that it may lie anywhere.

    Raises:
        ConfigError: When no config or several fit, or the copy exists.
    """
    names = find_configs(pattern)
    if len(names) > 1:
        shown = ", ".join(f"`{name}`" for name in names[:5])
        more = f" and {len(names) - 5} more" if len(names) > 5 else ""
        raise ConfigError(
            f"{len(names)} configs fit `{pattern}`: {shown}{more}. Give the name of one."
        )
    source = configs_root() / names[0]
    copy = Path(folder) / source.name
    if copy.exists():
        raise ConfigError(f"`{copy}` exists. Remove it, or give another folder.")
    atomic_write_text(copy, _with_named_bases(source))
    return copy


def _names() -> list[str]:
    root = configs_root()
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*.py"))


def _with_named_bases(path: Path) -> str:
    """Return a shipped config's text with ``mmda::...`` in place of each base's relative path."""
    text = path.read_text(encoding="utf-8")
    for statement in ast.parse(text).body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "_base_":
            before = after = ast.get_source_segment(text, statement) or ""
            for node in ast.walk(statement.value):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    base = (path.parent / node.value).resolve().relative_to(configs_root())
                    after = after.replace(f'"{node.value}"', f'"{PREFIX}{base.as_posix()}"')
            text = text.replace(before, after, 1)
    return text
