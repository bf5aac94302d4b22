"""Finding images and their labels on disk, by written rules."""

from __future__ import annotations

import glob
import os
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rasterio.drivers import raster_driver_extensions

from mmda.errors import ConfigError, DataError
from mmda.raster.labels.vector_files import VECTOR_SUFFIXES
from mmda.raster.scene import is_local, safe_name

_FIRST = (".tif", ".tiff", ".vrt", ".png", ".jpg", ".jpeg", ".jp2", ".webp", ".bmp", ".img")
# Side-car files, documents and vector formats that some driver of GDAL calls its own.
_NO_RASTERS = {
    ".dat", ".err", ".gen", ".gpkg", ".gpkg.zip", ".hdr", ".kml", ".kmz", ".lbl", ".map",
    ".mbtiles", ".pdf", ".sqlite", ".xml",
}  # fmt: skip
_OTHERS = {f".{suffix}" for suffix in raster_driver_extensions()} | {".bip", ".bsq", ".tga"}
RASTER_SUFFIXES = (*_FIRST, *sorted(_OTHERS - _NO_RASTERS - {*_FIRST}))
"""Ends of the names of rasters, in lower case: the commonest, then the others that GDAL opens."""
SPLIT_FOLDERS = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
}


@dataclass(frozen=True)
class FoundFile:
    """A file, and the split whose folder it lies in (``None`` outside of such folders)."""

    path: str
    split: str | None = None

    @property
    def name(self) -> str:
        """The file name with its suffix."""
        return self.path.replace("\\", "/").rsplit("/", 1)[-1]

    @property
    def stem(self) -> str:
        """The file name without its last suffix."""
        return self.name.rsplit(".", 1)[0]


def find_images(*sources: str) -> list[FoundFile]:
    """List the rasters of files, URLs, globs or folders, each sorted by path.

    A folder gives the rasters that lie in it. When there are none, those in its sub-folders
    ``train``, ``val`` (``valid``, ``validation``) and ``test``, at any depth, with their split.

    Raises:
        DataError: When a source gives nothing.
    """
    return [image for source in sources for image in _find(source)]


def _find(source: str) -> list[FoundFile]:
    if not is_local(source):
        return [FoundFile(source)]
    path = Path(source)
    if path.is_file():
        return [FoundFile(source)]
    if path.is_dir():
        found = _list_folder(path, RASTER_SUFFIXES)
        if not found:
            raise DataError(
                f"The folder `{source}` holds no rasters ({', '.join(_FIRST)} and others that GDAL "
                "opens), nor do sub-folders `train`, `val` or `test`. Give the folder that holds "
                "the images."
            )
        return found
    matches = sorted(m for m in glob.glob(source, recursive=True) if _has_suffix(m))
    if not matches:
        raise DataError(
            f"`{source}` does not exist (as a file, folder or pattern). Correct the path."
        )
    return [FoundFile(match) for match in matches]


def scene_names(images: Sequence[FoundFile]) -> list[str]:
    """Return a scene name for every image: its stem, with its folder where stems repeat."""
    counts = Counter(image.stem for image in images)
    names = []
    for image in images:
        folder = image.split or Path(image.path).parent.name
        unique = counts[image.stem] == 1
        names.append(safe_name(image.stem if unique else f"{folder}_{image.stem}"))
    return names


class PairingRule:
    r"""Tells the label's file name from the image's.

    - ``same-stem``: the same name up to the suffix;
    - ``{stem}_sat.jpg->{stem}_mask.png``: ``{stem}`` stands for the common part;
    - ``re:(.*)_rgb\.tif->\1_gt.tif``: a regular expression on the whole file name.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._pattern: re.Pattern[str] | None = None
        self._target = ""
        if text == "same-stem":
            return
        left, arrow, right = text.removeprefix("re:").partition("->")
        stems = text.startswith("re:") or (left.count("{stem}") == 1 and "{stem}" in right)
        if not arrow or not stems:
            raise ConfigError(
                f"Cannot read the pairing rule `{text}`; expected `same-stem`, "
                "`{stem}_sat.jpg->{stem}_mask.png` or `re:PATTERN->REPLACEMENT`."
            )
        if text.startswith("re:"):
            self._pattern, self._target = _compile(left), right
        else:
            before, after = map(re.escape, left.split("{stem}"))
            self._pattern = re.compile(f"{before}(.+){after}")
            self._target = right.replace("\\", r"\\").replace("{stem}", r"\g<1>")

    def label_name(self, image: FoundFile) -> str | None:
        """Return the label's stem (``same-stem``) or full name; ``None`` if the rule is not met."""
        if self._pattern is None:
            return image.stem
        match = self._pattern.fullmatch(image.name)
        return match.expand(self._target) if match else None


def pair_labels(
    images: Sequence[FoundFile], folder: str, rule: PairingRule, vectors: bool = False
) -> list[tuple[FoundFile, FoundFile]]:
    """Pair every image with its label in ``folder``.

    Images that a pattern does not match are left out, and so are those that are labels of others,
    as labels may lie in the folder of the images. A label in the folder of the image's split comes
    before one outside of such folders.

    Args:
        images: The images.
        folder: Folder of the labels, laid out as :func:`find_images` reads it.
        rule: The pairing rule.
        vectors: Whether vector files count as labels, too.

    Raises:
        DataError: When the folder is missing or a label is, the first five pairs are named; or when
            the rule does not tell images from labels.
    """
    path = Path(folder)
    if not path.is_dir():
        raise DataError(f"The label folder `{folder}` does not exist. Correct the path.")
    suffixes = (*RASTER_SUFFIXES, *VECTOR_SUFFIXES) if vectors else RASTER_SUFFIXES
    find_label = _finder(_list_folder(path, suffixes))
    named = [(image, name) for image in images if (name := rule.label_name(image)) is not None]
    found = [(image, path / name, find_label(image, name)) for image, name in named]
    labels = {_real(image): _real(label) for image, _, label in found if label is not None}
    taken = set(labels.values())
    for image, label in labels.items():
        if labels.get(label) == image:
            raise DataError(
                f"By the rule `{rule.text}`, `{image}` and `{label}` are labels of each other. "
                "Give a rule that tells images from labels, such as "
                "`{stem}.jpg->{stem}_gt.png`, or put the labels in a folder of their own."
            )
    apart = [one for one in found if _real(one[0]) not in taken]
    pairs = [(image, label) for image, _, label in apart if label is not None]
    missing = [f"`{image.path}` -> `{place}`" for image, place, label in apart if label is None]
    if missing:
        listed = "\n".join(f"- {pair}" for pair in missing[:5])
        raise DataError(
            f"{len(missing)} of {len(apart)} images have no label by the rule `{rule.text}`:\n"
            f"{listed}\nAdd the labels, leave the images out, or give another pairing rule."
        )
    if not pairs:
        raise DataError(
            f"None of {len(images)} images matches the pairing rule `{rule.text}`; the first is "
            f"`{images[0].path}`."
        )
    return pairs


def _finder(labels: Sequence[FoundFile]) -> Callable[[FoundFile, str], FoundFile | None]:
    """Return a function that finds an image's label by name or stem; never the image itself."""
    index: dict[tuple[str | None, str], list[FoundFile]] = {}
    for label in labels:
        for key in dict.fromkeys([label.name, label.stem]):
            index.setdefault((label.split, key), []).append(label)

    def find(image: FoundFile, name: str) -> FoundFile | None:
        candidates = [*index.get((image.split, name), []), *index.get((None, name), [])]
        return next((label for label in candidates if _real(label) != _real(image)), None)

    return find


def _real(file: FoundFile) -> str:
    return os.path.realpath(file.path) if is_local(file.path) else file.path


def _list_folder(folder: Path, suffixes: tuple[str, ...]) -> list[FoundFile]:
    direct = [p for p in folder.iterdir() if p.is_file() and _has_suffix(p.name, suffixes)]
    if direct:
        return [FoundFile(str(p)) for p in sorted(direct)]
    found: list[FoundFile] = []
    for child in folder.iterdir():
        split = SPLIT_FOLDERS.get(child.name.lower())
        if split is not None and child.is_dir():
            files = (p for p in child.rglob("*") if p.is_file() and _has_suffix(p.name, suffixes))
            found.extend(FoundFile(str(p), split) for p in files)
    return sorted(found, key=lambda file: file.path)


def _has_suffix(name: str, suffixes: tuple[str, ...] = RASTER_SUFFIXES) -> bool:
    return name.lower().endswith(suffixes) and not Path(name).name.startswith(".")


def _compile(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise ConfigError(f"`{pattern}` is no regular expression: {error}.") from error
