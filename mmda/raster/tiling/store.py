"""The finished scenes of a tiled dataset, so that an interrupted run goes on where it was.

``ROOT/.scenes/options.json`` holds the options of the dataset, ``ROOT/.scenes/<scene>.scene.json``
the rows and statistics of a finished scene, and ``ROOT/.scenes/<scene>.failed.json`` why a scene
could not be converted. Each is written whole, after the scene's tiles.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from mmda.errors import ConfigError
from mmda.raster.dataset.manifest import DATASET_INFO, MANIFEST
from mmda.raster.scene import Scene
from mmda.raster.tiling.encode import FORMATS, NO_TILES
from mmda.raster.tiling.folder import tile_folders
from mmda.utils.files import atomic_write_json, atomic_write_text, leftovers

Record = dict[str, Any]

_RECORDS = 3  # counted up when records change, so that scenes of earlier versions are made anew
_SUFFIXES = {f".{name}" for name in FORMATS if name != NO_TILES}
_TILE = re.compile(r"(?P<scene>.+)_\d{6,}_\d{6,}")


class SceneStore:
    """Reads and writes the records of finished scenes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._folder = root / ".scenes"

    def prepare(
        self, options: dict[str, Any], overwrite: bool, scenes: Collection[str] | None
    ) -> None:
        """Make the folder ready for a run with these options.

        Args:
            options: What the dataset's tiles depend on.
            overwrite: Remove what is there first.
            scenes: See :meth:`remove_leftovers`.

        Raises:
            ConfigError: When it holds tiles that were made with other options.
        """
        if overwrite:
            self._clear()
        self.check(options)
        self.remove_leftovers(scenes)
        path = self._folder / "options.json"
        if not path.exists():
            atomic_write_json(path, options)

    def check(self, options: dict[str, Any]) -> None:
        """Raise the error of :meth:`prepare`, changing nothing."""
        before = self.options()
        if before is not None:
            self._compare(before, options)

    def check_scenes(self, scenes: Iterable[Scene]) -> None:
        """Compare scenes with those that are recorded, so that no image gets into two splits.

        Raises:
            ConfigError: When a scene is recorded in another split, or its image by another name.
        """
        known = [record for record in self.records() if "shared" in record]
        places = {record["shared"]["scene"]: record["split"] for record in known}
        names = {record["shared"]["source"]: record["shared"]["scene"] for record in known}
        moved, renamed = [], []
        for scene in scenes:
            split, name = places.get(scene.name, scene.split), names.get(scene.image, scene.name)
            if split != scene.split:
                moved.append(f"`{scene.name}` was in {split}, is now in {scene.split}")
            elif name != scene.name:
                renamed.append(
                    f"`{scene.image}` was scene `{name}` in {places[name]}, is now "
                    f"`{scene.name}` in {scene.split}"
                )
        for found, what in ((moved, "in other splits"), (renamed, "by other names")):
            if found:
                more = f"; and {len(found) - 5} more" if len(found) > 5 else ""
                raise ConfigError(
                    f"`{self.root}` holds {len(found)} of the scenes {what}: "
                    f"{'; '.join(found[:5])}{more}. What a model was tested on could end up in its "
                    "training. Place the scenes as they were (--split-csv), leave them out, or use "
                    "--overwrite to make all anew, or another folder."
                )

    def options(self) -> dict[str, Any] | None:
        """Return the options of the dataset, or ``None`` when none was begun."""
        path = self._folder / "options.json"
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None

    def read(self, name: str) -> Record | None:
        """Return the record of a finished scene, or ``None``."""
        return _read(self._done(name))

    def write(self, scene: Scene, record: Record) -> None:
        """Record a scene as finished."""
        atomic_write_text(self._done(scene.name), json.dumps({"key": _key(scene), **record}))
        self._failed(scene.name).unlink(missing_ok=True)

    def write_failure(self, scene: Scene, message: str) -> None:
        """Record that a scene cannot be converted."""
        failure = {"key": _key(scene), "message": message}
        atomic_write_text(self._failed(scene.name), json.dumps(failure))

    def is_done(self, scene: Scene) -> bool:
        """Tell whether a scene is finished, unchanged, and all its tiles are in place."""
        record = self.read(scene.name)
        if record is None or record["key"] != _key(scene):
            return False
        return all(self._in_place(row) for row in record["rows"])

    def pending(self, scenes: Iterable[Scene]) -> list[str]:
        """Return the names of scenes that, as they are now, neither finished nor failed."""
        scenes = list(scenes)
        paths = ((scene, self._done(scene.name), self._failed(scene.name)) for scene in scenes)
        unseen = [s.name for s, done, failed in paths if not (done.exists() or failed.exists())]
        return unseen or [scene.name for scene in scenes if not self._is_settled(scene)]

    def failures(self, scenes: Iterable[Scene]) -> list[str]:
        """Return why scenes, as they are now, could not be converted."""
        found = ((_read(self._failed(scene.name)), _key(scene)) for scene in scenes)
        return [state["message"] for state, key in found if state and state["key"] == key]

    def forget(self, name: str) -> None:
        """Remove a scene's record and then its tiles."""
        record = self.read(name)
        if record is None:
            return
        self._done(name).unlink()
        self.remove_tiles(record["rows"])

    def forget_all(self, names: Collection[str]) -> None:
        """Forget scenes, and remove also the tiles that a killed run did not record."""
        for name in names:
            self.forget(name)
        for folder in tile_folders(self.root):
            for path in folder.iterdir() if names and folder.exists() else ():
                tile = _TILE.fullmatch(path.stem)
                if tile and tile["scene"] in names and path.suffix in _SUFFIXES:
                    path.unlink(missing_ok=True)

    def remove_tiles(self, rows: Iterable[Record]) -> None:
        """Remove the tiles of these rows; never a file elsewhere, which a foreign record names."""
        folders = tile_folders(self.root)
        for row in rows:
            for name in filter(None, (row.get("image"), row.get("label"))):
                if (path := self.root / name).parent in folders:
                    path.unlink(missing_ok=True)

    def records(self) -> list[Record]:
        """Return the records of all finished scenes, by name; also those of earlier runs."""
        paths = sorted(self._folder.glob("*.scene.json"))
        return [record for path in paths if (record := _read(path))]

    def reopen(self) -> None:
        """Remove manifest and ``dataset.json``: their presence means that a dataset is complete."""
        for name in (DATASET_INFO, MANIFEST):
            (self.root / name).unlink(missing_ok=True)

    def remove_leftovers(self, scenes: Collection[str] | None) -> None:
        """Remove the temporary files that killed processes left.

        Args:
            scenes: Names of scenes; only theirs are removed, since another shard may be writing
                the others. ``None`` removes all.
        """
        for folder in (self.root, self._folder, *tile_folders(self.root)):
            for path, name in leftovers(folder):
                if scenes is None or _scene_of(Path(name)) in scenes:
                    path.unlink(missing_ok=True)

    def _done(self, name: str) -> Path:
        return self._folder / f"{name}.scene.json"

    def _failed(self, name: str) -> Path:
        return self._folder / f"{name}.failed.json"

    def _is_settled(self, scene: Scene) -> bool:
        found = (_read(path(scene.name)) for path in (self._done, self._failed))
        return any(state is not None and state["key"] == _key(scene) for state in found)

    def _in_place(self, row: Record) -> bool:
        for kind in ("image", "label"):
            name, size = row.get(kind), row.get(f"{kind}_bytes")
            if name is None:
                continue
            path = self.root / name
            if not path.is_file() or path.stat().st_size != size:
                return False
        return True

    def _compare(self, before: dict[str, Any], now: dict[str, Any]) -> None:
        changed = [
            f"{key} was {before.get(key)!r}, is {now.get(key)!r}"
            for key in sorted({*before, *now})
            if before.get(key) != now.get(key)
        ]
        if changed:
            raise ConfigError(
                f"`{self.root}` holds tiles that were made with other options: "
                f"{'; '.join(changed)}. Use --overwrite to make them anew, or another folder."
            )

    def _clear(self) -> None:
        """Remove a tiled dataset, and nothing else that may lie in its folders."""
        if not self._folder.exists():
            return
        self.reopen()
        for record in self.records():
            self.remove_tiles(record["rows"])
        shutil.rmtree(self._folder)
        for folder in tile_folders(self.root):
            for path in (folder, folder.parent):
                with suppress(OSError):  # not empty, or not there
                    path.rmdir()


def rows_of(record: Record) -> list[Record]:
    """Return the manifest rows of a scene's record, with all their columns."""
    return [{**record.get("shared", {}), **row} for row in record["rows"]]


def _key(scene: Scene) -> str:
    return f"{_RECORDS}:{scene.fingerprint()}"


def _read(path: Path) -> Record | None:
    """Return a record, or ``None`` when there is none or the file was damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None


def _scene_of(file: Path) -> str:
    """Return the scene that a tile or a record belongs to."""
    tile = _TILE.fullmatch(file.stem)
    return tile["scene"] if tile else file.stem.rpartition(".")[0]
