"""Checks that scenes fit each other and the classes, before any tile is cut."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from mmda.errors import DataError
from mmda.raster.dataset.scene_reader import SceneGrid
from mmda.raster.decoding import parse_decode
from mmda.raster.labels.vector_files import Schema, check_place, check_vectors, extents
from mmda.raster.scene import RasterLabels, Scene, VectorLabels

_SQUARE = 1.1  # ratio of a pixel's sides on the ground that still counts as square


def check_scenes(scenes: Sequence[Scene], classes: tuple[str, ...]) -> dict[str, Schema]:
    """Check the scenes of a run as far as no image has to be opened.

    Returns:
        The headers of the vector files that hold labels, by path.

    Raises:
        DataError: When names repeat, labels are missing or a vector file does not fit.
        ConfigError: When a decoding rule does not fit the classes.
    """
    if not scenes:
        raise DataError("There are no scenes to tile: the list of images is empty.")
    repeated = [name for name, n in Counter(s.name for s in scenes).items() if n > 1]
    if repeated:
        twins = [s.image for s in scenes if s.name == repeated[0]][:2]
        raise DataError(
            f"{len(repeated)} scene names repeat, e.g. `{repeated[0]}`: `{twins[0]}` and "
            f"`{twins[1]}`. Rename the files, or tile them into separate folders."
        )
    for split in sorted({scene.split for scene in scenes}):
        members = [scene for scene in scenes if scene.split == split]
        bare = [scene for scene in members if scene.label is None]
        if bare and len(bare) < len(members):
            raise DataError(
                f"{len(bare)} of {len(members)} scenes of the split `{split}` have no label: "
                f"{', '.join(f'`{scene.image}`' for scene in bare[:5])}. "
                "Add the labels, or leave these images out."
            )
    for decode in {s.label.decode for s in scenes if isinstance(s.label, RasterLabels)}:
        parse_decode(decode, classes)
    vectors = {s.label.path: s.label for s in scenes if isinstance(s.label, VectorLabels)}
    return {path: check_vectors(label, len(classes)) for path, label in vectors.items()}


def check_places(scenes: Sequence[SceneGrid], layers: Mapping[str, Schema]) -> None:
    """Check that every layer of labels touches one of the rasters that it is to label.

    Raises:
        DataError: When one lies elsewhere.
    """
    for path, schema in layers.items():
        members = [s for s in scenes if s.scene.label is not None and s.scene.label.path == path]
        places = ((s.grid.crs, s.grid.transform, s.grid.height, s.grid.width) for s in members)
        if members:
            check_place(path, schema, extents(places))


def scaling_warnings(scenes: Sequence[SceneGrid]) -> list[str]:
    """Say when scenes have other scale and offset tags than others: their values differ."""
    first: dict[tuple[tuple[float, float], ...], str] = {}
    for scene in scenes:
        first.setdefault(scene.header.scaling, scene.scene.image)
    if len(first) < 2:
        return []
    (one, path), (other, twin) = list(first.items())[:2]
    return [
        f"The scale and offset tags of the scenes differ: `{path}` has {_tags(one)}, `{twin}` "
        f"{_tags(other)}. Equal values mean other measurements in them, and mmda does not apply "
        "the tags: bring the rasters to one scale first (`gdal_translate -unscale -ot Float32`)."
    ]


def shape_warnings(scenes: Sequence[SceneGrid]) -> list[str]:
    """Say when a scene's pixels are not square on the ground: objects are squeezed."""
    for scene in scenes:
        if scene.header.pixel is None or not scene.grid.native:
            continue
        down, across = scene.header.pixel
        if max(down, across) / min(down, across) > _SQUARE:
            return [
                f"The pixels of `{scene.scene.image}` are {across:.3g} m wide and {down:.3g} m "
                "high on the ground, so that objects are squeezed. Give --gsd for square pixels, "
                f"e.g. --gsd {max(down, across):.2g}."
            ]
    return []


def _tags(scaling: tuple[tuple[float, float], ...]) -> str:
    pairs = dict.fromkeys(scaling) or {(1.0, 0.0): None}
    return ", ".join(f"scale {scale:g} and offset {offset:g}" for scale, offset in pairs)


def check_same(plans: Sequence[SceneGrid], what: str, value: Callable[[SceneGrid], object]) -> None:
    """Check that all scenes have the same value.

    Raises:
        DataError: When they differ; the odd ones are named.
    """
    counts = Counter(value(plan) for plan in plans)
    if len(counts) <= 1:
        return
    usual = counts.most_common(1)[0][0]
    odd = [plan for plan in plans if value(plan) != usual]
    listed = ", ".join(f"`{plan.scene.image}` has {value(plan)}" for plan in odd[:5])
    raise DataError(
        f"The scenes differ in their {what}: most have {usual}, but {listed}. Tile them "
        "separately, or convert them first."
    )
