"""What users give as images: files, folders, patterns, GDAL's names and lists of all these."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from mmda.errors import DataError
from mmda.raster.dataset.discovery import find_images
from mmda.raster.scene import absolute_path, is_local

LIST = ".txt"
_KEY = re.compile(r"\?|://[^/]*@")


def expand_images(sources: Sequence[str | Path]) -> list[str]:
    """Return the images that sources stand for, each once, in their order.

    Args:
        sources: Files (VRTs, too), URLs, ``/vsi`` paths and other names that GDAL opens, which are
            taken as they are; folders, for the rasters that lie in them; patterns such as
            ``city/*.tif``; and text files (``.txt``) with a source on each line. Empty lines and
            those that begin with ``#`` are passed over, and relative paths in a list start from
            its folder.

    Raises:
        DataError: When a folder, a pattern or a list gives nothing, or a list cannot be read.
    """
    found = (image for source in sources for image in _expand(os.fspath(source)))
    return list(dict.fromkeys(found))


def map_name(image: str) -> str:
    """Return the name of an image's map: its file's without suffix, and without a URL's query."""
    path = urlsplit(image).path if "://" in image else image
    return Path(path).stem


def may_hold_key(image: str) -> bool:
    """Tell whether an image's address has a query or a user's name, which may be a key to it."""
    return not is_local(image) and _KEY.search(image) is not None


def _expand(source: str) -> Iterator[str]:
    if not is_local(source) or os.path.isfile(source):
        if source.lower().endswith(LIST):
            yield from _expand_list(source)
        else:
            yield source
    elif os.path.isdir(source) or glob.has_magic(source):
        yield from (image.path for image in find_images(source))
    else:
        yield source


def _expand_list(path: str) -> Iterator[str]:
    try:
        lines = Path(path).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"The list of images `{path}` cannot be read ({error}). Give a text file in UTF-8 on "
            "this machine, with an image on each line."
        ) from error
    sources = [line.strip() for line in lines]
    sources = [source for source in sources if source and not source.startswith("#")]
    if not sources:
        raise DataError(f"The list of images `{path}` is empty. Write an image on each line.")
    for source in sources:
        if source.lower().endswith(LIST):
            raise DataError(
                f"The list of images `{path}` names another list, `{source}`. Write its images "
                "into this one, or give both lists."
            )
        folder = os.path.dirname(os.path.abspath(path))
        own = absolute_path(source) == source
        yield from _expand(source if own else os.path.join(folder, source))
