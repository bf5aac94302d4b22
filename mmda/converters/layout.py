"""Finding the files of a named dataset in its documented layout."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mmda.errors import DataError
from mmda.raster.dataset.discovery import RASTER_SUFFIXES, FoundFile, PairingRule, pair_labels
from mmda.raster.dataset.manifest import DATASET_INFO


def find_root(src: str, markers: Sequence[str], layout: str) -> Path:
    """Return the folder that holds a dataset: ``src``, or the only one in it that fits.

    Args:
        src: The folder that the user gave.
        markers: Relative folders, or patterns of files such as ``*_sat.jpg``, in any case; the
            root has at least one of them.
        layout: The expected layout, for the error.

    Raises:
        DataError: When no folder fits, or several do.
    """
    path = Path(src)
    if not path.is_dir():
        raise DataError(f"The folder `{src}` does not exist. Correct the path.")
    # What was tiled into the same folder has a train, too.
    nested = sorted(c for c in path.iterdir() if c.is_dir() and not (c / DATASET_INFO).exists())
    for candidates in ([path], nested):
        fitting = [root for root in candidates if any(has_marker(root, m) for m in markers)]
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            named = ", ".join(f"`{root}`" for root in fitting[:5])
            raise DataError(f"`{src}` holds several datasets: {named}. Give one of them.")
    raise layout_error(src, markers, layout)


def has_marker(root: Path, marker: str) -> bool:
    """Tell whether a folder has a sub-folder, or a file of a pattern, see :func:`find_root`."""
    if "*" in marker:
        return any(root.glob(marker))
    return find_folder(root, marker) is not None


def find_folder(root: Path, relative: str) -> Path | None:
    """Return the folder at a relative path, whose parts may be in any case, or ``None``."""
    folder: Path | None = root
    for name in Path(relative).parts:
        folder = None if folder is None else child_folder(folder, name)
    return folder


def layout_error(folder: str | Path, missing: Sequence[str], layout: str) -> DataError:
    """Return the error for a folder that is not laid out as expected."""
    names = sorted(child.name for child in Path(folder).iterdir())
    lacks = " or ".join(f"`{name}`" for name in missing[:3])
    lacks += " or ..." if len(missing) > 3 else ""
    held = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
    return DataError(
        f"`{folder}` has no folder {lacks}; it holds "
        f"{held or 'nothing'}. Expected layout: {layout}. Give the folder that holds these."
    )


def require_folders(root: Path, names: Sequence[str], layout: str) -> list[Path]:
    """Return the folders at these relative paths, whose parts may be in any case.

    Raises:
        DataError: When one of them is missing.
    """
    found = {name: find_folder(root, name) for name in names}
    missing = [name for name, folder in found.items() if folder is None]
    if missing:
        raise layout_error(root, missing, layout)
    return [folder for folder in found.values() if folder is not None]


def child_folder(parent: Path, *names: str) -> Path | None:
    """Return the sub-folder that has one of these names in any case, or ``None``."""
    wanted = {name.lower() for name in names}
    found = [c for c in sorted(parent.iterdir()) if c.name.lower() in wanted and c.is_dir()]
    # A name as it is written comes first.
    return min(found, key=lambda folder: folder.name not in names, default=None)


def list_rasters(folder: Path) -> list[FoundFile]:
    """Return the rasters that lie in a folder, by name.

    Raises:
        DataError: When there are none.
    """
    paths = sorted(p for p in folder.iterdir() if p.suffix.lower() in RASTER_SUFFIXES)
    found = [FoundFile(str(p)) for p in paths if p.is_file() and not p.name.startswith(".")]
    if not found:
        raise DataError(f"The folder `{folder}` holds no rasters. Unpack the dataset again.")
    return found


def pair_folders(
    images: Path, labels: Path, rule: str = "same-stem"
) -> list[tuple[FoundFile, FoundFile]]:
    """Pair the rasters of one folder with those of another.

    Raises:
        DataError: When labels are missing; the first five pairs are named.
    """
    return pair_labels(list_rasters(images), str(labels), PairingRule(rule))


def pair_if_labelled(images: Path, labels: Path | None) -> list[tuple[FoundFile, str | None]]:
    """Return the images of a folder with their labels' paths; ``None`` when there is no folder.

    Raises:
        DataError: When some labels are missing; the first five pairs are named.
    """
    if labels is None:
        return [(image, None) for image in list_rasters(images)]
    return [(image, label.path) for image, label in pair_folders(images, labels)]
