"""The finished scenes of a tiled dataset, so that an interrupted run goes on where it was.

``ROOT/.scenes/options.json`` holds the options of the dataset, ``ROOT/.scenes/<scene>.json`` the
rows and statistics of a finished scene. Each is written whole, after the scene's tiles.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mmda.errors import ConfigError
from mmda.raster.manifest import DATASET_INFO, MANIFEST
from mmda.raster.scene import SPLITS, Scene
from mmda.utils.files import atomic_write_text

Record = dict[str, Any]


class SceneStore:
    """Reads and writes the records of finished scenes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._folder = root / ".scenes"

    def prepare(self, options: dict[str, Any], overwrite: bool) -> None:
        """Make the folder ready for a run with these options; one run at a time.

        Raises:
            ConfigError: When it holds tiles that were made with other options.
        """
        if overwrite:
            self._clear()
        path = self._folder / "options.json"
        if path.exists():
            self._compare(json.loads(path.read_text(encoding="utf-8")), options)
        self._remove_leftovers()
        if not path.exists():
            atomic_write_text(path, json.dumps(options, indent=1))

    def check(self, options: dict[str, Any]) -> None:
        """Raise the error of :meth:`prepare`, changing nothing."""
        path = self._folder / "options.json"
        if path.exists():
            self._compare(json.loads(path.read_text(encoding="utf-8")), options)

    def read(self, name: str) -> Record | None:
        """Return the record of a finished scene, or ``None``."""
        path = self._folder / f"{name}.scene.json"
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None

    def write(self, name: str, record: Record) -> None:
        """Record a scene as finished."""
        atomic_write_text(self._folder / f"{name}.scene.json", json.dumps(record))

    def is_done(self, scene: Scene) -> bool:
        """Tell whether a scene is finished, unchanged, and all its tiles are in place."""
        record = self.read(scene.name)
        if record is None or record["key"] != scene.fingerprint():
            return False
        return all(self._in_place(row) for row in record["rows"])

    def forget(self, name: str) -> None:
        """Remove a scene's record and then its tiles."""
        record = self.read(name)
        if record is None:
            return
        (self._folder / f"{name}.scene.json").unlink()
        self.remove_tiles(record["rows"])

    def remove_tiles(self, rows: Iterable[Record]) -> None:
        """Remove the tiles of these rows."""
        for row in rows:
            for path in filter(None, (row["image"], row["label"])):
                (self.root / path).unlink(missing_ok=True)

    def records(self) -> list[Record]:
        """Return the records of all finished scenes, by name; also those of earlier runs."""
        paths = sorted(self._folder.glob("*.scene.json"))
        return [json.loads(path.read_text(encoding="utf-8")) for path in paths]

    def _in_place(self, row: Record) -> bool:
        pairs = [(row["image"], row["image_bytes"]), (row["label"], row["label_bytes"])]
        for name, size in pairs:
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
        """Remove a tiled dataset, and nothing else that may lie in its folder."""
        if not self._folder.exists():
            return
        for name in (DATASET_INFO, MANIFEST):
            (self.root / name).unlink(missing_ok=True)
        for split in SPLITS:
            for kind in ("images", "labels"):
                shutil.rmtree(self.root / split / kind, ignore_errors=True)
        shutil.rmtree(self._folder)

    def _remove_leftovers(self) -> None:
        folders: Iterable[Path] = [self.root, self._folder]
        folders = [*folders, *(self.root / s / k for s in SPLITS for k in ("images", "labels"))]
        for folder in folders:
            for path in folder.glob(".*.tmp-*") if folder.exists() else ():
                path.unlink(missing_ok=True)
