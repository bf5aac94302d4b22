"""Reading single windows of many rasters, as training does: in any order, from many processes."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import rasterio

from mmda.errors import DataError
from mmda.raster.dataset.scene_reader import Pixels, SceneGrid, SceneReader
from mmda.raster.dataset.source_state import check_source
from mmda.raster.io.handles import bound_block_cache, quiet_georeference, scene_options
from mmda.raster.scene import Scene, scene_from_json
from mmda.raster.windows import Window


class WindowReader:
    """Reads windows of scenes: the pixels of the tiles that would be cut there.

    Files stay open between reads, since opening costs more than reading. Each thread of each
    process has its own handles, of at most ``max_open`` scenes (two files each): the scene used
    longest ago is closed. Handles that a forked process inherits are left alone, as the parent
    may be using them; pickled readers travel without handles.

    Args:
        scenes: The scenes by name.
        classes: Names of the classes.
        gsd: Metres per pixel of the target grid; each raster's own when ``None``.
        labelled: Whether to read labels.
        max_open: Scenes kept open per thread, at least 1.
        states: State of the files when they were tiled, by scene, see :func:`states_of`.
    """

    def __init__(
        self,
        scenes: Mapping[str, Scene],
        classes: Sequence[str],
        gsd: float | None = None,
        labelled: bool = True,
        max_open: int = 32,
        states: Mapping[str, str] | None = None,
    ) -> None:
        self.scenes = dict(scenes)
        self.labelled = labelled
        self._states = dict(states or {})
        self._classes, self._gsd, self._max_open = tuple(classes), gsd, max(1, max_open)
        self._sources: dict[str, SceneGrid] = {}
        self._inherited: list[threading.local] = []
        self._start_process()

    def read(self, scene: str, window: Window) -> Pixels:
        """Read one window.

        Args:
            scene: Name of the scene.
            window: Pixels of the target grid; what lies outside of the raster is padded.

        Raises:
            DataError: When the raster or its label is missing, damaged or has changed, or the
                raster is too small for the window.
        """
        with rasterio.Env(**scene_options(self.scenes[scene])):
            reader, source = self._reader(scene)
            grid = source.grid
            if window.row >= grid.height or window.col >= grid.width:
                raise DataError(
                    f"`{source.scene.image}` has {grid.width} x {grid.height} pixels, but the "
                    f"manifest has a tile at row {window.row}, column {window.col}: the raster has "
                    "changed. Run its converter again with --overwrite."
                )
            pixels = reader.read(window.clip(grid.height, grid.width))
        return pixels.cut(0, 0, window, source.header.fill)

    def close(self) -> None:
        """Close this thread's files."""
        for reader in self._open().values():
            reader.close()
        self._open().clear()

    def _reader(self, name: str) -> tuple[SceneReader, SceneGrid]:
        readers = self._open()
        source = self._source(name)
        if name in readers:
            readers.move_to_end(name)
        else:
            if len(readers) >= self._max_open:
                readers.popitem(last=False)[1].close()
            readers[name] = SceneReader(source, self._classes, self.labelled)
        return readers[name], source

    def _source(self, name: str) -> SceneGrid:
        if name not in self._sources:
            scene = self.scenes[name]
            with quiet_georeference():
                source = SceneGrid.of(scene, self._gsd)
            if name in self._states:
                check_source(scene, source.header, self._states[name])
            self._sources[name] = source
        return self._sources[name]

    def _open(self) -> OrderedDict[str, SceneReader]:
        """Return this thread's open scenes, the one used longest ago first."""
        if self._process != os.getpid():
            self._inherited.append(self._local)
            self._start_process()
        if not hasattr(self._local, "readers"):
            self._local.readers = OrderedDict()
            bound_block_cache()
        return self._local.readers

    def _start_process(self) -> None:
        self._process = os.getpid()
        self._local = threading.local()

    def __getstate__(self) -> dict[str, Any]:
        own = ("_local", "_inherited", "_sources")
        return {name: value for name, value in vars(self).items() if name not in own}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, _inherited=[], _sources={})
        self._start_process()


def scenes_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, Scene]:
    """Return the scenes of manifest rows by name.

    Raises:
        DataError: When the manifest is of an earlier version, which did not record them.
    """
    texts = {row["scene"]: row.get("scene_spec") for row in rows}
    if None in texts.values():
        raise DataError(
            "The manifest does not say how its scenes are read: it was written by an earlier "
            "version of mmda. Run the converter again with --overwrite."
        )
    return {name: scene_from_json(str(text)) for name, text in texts.items()}


def states_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the state of the files of each scene; empty for manifests of earlier versions."""
    states = {row["scene"]: row.get("source_state") for row in rows}
    return {name: str(text) for name, text in states.items() if text is not None}
