"""Writing layers as GeoPackage, GeoJSON, FlatGeobuf or GeoParquet, batch by batch."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pyproj
import shapely
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError
from rasterio.crs import CRS

from mmda.errors import ConfigError, DataError
from mmda.utils.files import atomic_path

DRIVERS = {".gpkg": "GPKG", ".geojson": "GeoJSON", ".fgb": "FlatGeobuf"}
Columns = Mapping[str, NDArray]


@dataclass(frozen=True)
class Layer:
    """A layer of a file.

    Attributes:
        path: The file; its suffix tells the format.
        name: Name of the layer, for files that hold several.
        kind: Type of the geometries, such as ``Polygon``.
        crs: CRS of the geometries.
    """

    path: Path
    name: str
    kind: str
    crs: CRS

    def write(self, fields: Mapping[str, str], batches: Iterable[Columns]) -> None:
        """Write the layer; the file appears, or changes, when all is written.

        A GeoPackage keeps its other layers. GeoJSON is in WGS 84, as RFC 7946 wants it.

        Args:
            fields: Arrow type of each column besides the geometry.
            batches: Arrays of the columns, and of the shapes as ``geometry``.

        Raises:
            DataError: When the file cannot be written.
        """
        suffix = self.path.suffix.lower()
        with atomic_path(self.path) as temporary:
            if suffix == ".gpkg" and self.path.exists():
                shutil.copyfile(self.path, temporary)
            schema = pa.schema([*fields.items(), ("geometry", pa.binary())])
            failed: list[Exception] = []
            arrow = _arrow(schema, batches, failed)
            try:
                if suffix == ".parquet":
                    self._write_parquet(temporary, schema, arrow)
                else:
                    self._write_gdal(temporary, schema, arrow)
            except (DataSourceError, DataLayerError, OSError, RuntimeError) as error:
                if failed:  # while the batches were made
                    raise failed[0] from None
                raise DataError(
                    f"`{self.path}` cannot be written ({error}). Is the disk full, is the folder "
                    "there, or is the file of another program?"
                ) from error
            if failed:
                raise failed[0]

    def _write_gdal(self, path: Path, schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> None:
        suffix = self.path.suffix.lower()
        pyogrio.write_arrow(
            pa.RecordBatchReader.from_batches(schema, batches),
            path,
            layer=self.name,
            driver=DRIVERS[suffix],
            geometry_name="geometry",
            geometry_type=self.kind,
            crs=self.crs.to_wkt(),
            layer_options={"RFC7946": "YES"} if suffix == ".geojson" else {},
        )

    def _write_parquet(
        self, path: Path, schema: pa.Schema, batches: Iterator[pa.RecordBatch]
    ) -> None:
        column = {
            "encoding": "WKB",
            "geometry_types": [self.kind],
            "crs": pyproj.CRS.from_user_input(self.crs.to_wkt()).to_json_dict(),
            "orientation": "counterclockwise",
        }
        about = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}
        schema = schema.with_metadata({"geo": json.dumps(about)})
        with pq.ParquetWriter(path, schema, compression="zstd") as writer:
            for batch in batches:
                writer.write_batch(batch.replace_schema_metadata(schema.metadata))


def layer_places(out: Path, roads: bool) -> dict[str, Path]:
    """Return the file of each layer; formats of one layer have a file for each."""
    if not roads:
        return {"polygons": out}
    several = out.suffix.lower() == ".gpkg"
    return {
        name: out if several else out.with_name(f"{out.stem}_{name}{out.suffix}")
        for name in ("nodes", "edges")
    }


def check_replaceable(places: Mapping[str, Path], overwrite: bool) -> None:
    """Check that layers may be written.

    Raises:
        ConfigError: When one is there and may not be replaced.
        DataError: When the file of one is no GeoPackage, though it is called so.
    """
    for name, path in places.items():
        several = path.suffix.lower() == ".gpkg"
        if not path.exists() or (several and name not in layer_names(path)) or overwrite:
            continue
        what = f"The layer `{name}` of `{path}`" if several else f"`{path}`"
        raise ConfigError(
            f"{what} exists already. Choose another output, or --overwrite to replace it."
        )


def layer_names(path: Path) -> list[str]:
    """Return the layers of a file.

    Raises:
        DataError: When it is none.
    """
    try:
        return [str(name) for name, _ in pyogrio.list_layers(path)]
    except DataSourceError as error:
        raise DataError(
            f"`{path}` cannot be read as a GeoPackage ({error}): move it away, or choose another "
            "output."
        ) from error


def _arrow(
    schema: pa.Schema, batches: Iterable[Columns], failed: list[Exception]
) -> Iterator[pa.RecordBatch]:
    """Yield batches for Arrow; an error, which Arrow would hide, is kept in ``failed``."""
    try:
        for batch in batches:
            columns = {**batch, "geometry": shapely.to_wkb(batch["geometry"])}
            arrays = [pa.array(columns[field.name], type=field.type) for field in schema]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)
    except Exception as error:
        failed.append(error)
        raise
