"""A description of a model's training images, to compare other rasters with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True)
class TrainingData:
    """The images of a tiled dataset, as a model that is trained on them should remember them.

    Attributes:
        bands: Number of bands.
        dtype: ``uint8``, ``uint16`` or ``float32``.
        band_indices: 1-based bands of the rasters that were chosen, in their order; ``None`` for
            all bands, or where scenes differ.
        gsd: Smallest and largest ground sample distance, metres per pixel; ``None`` when unknown.
        resampled: Whether all scenes were resampled to one ground sample distance.
        nodata: The no-data value that the user gave for the scenes, or ``None``.
        white_area: Exactly white pixels were no data where at least so many were connected.
        low: Smallest valid value per band.
        high: Largest valid value per band.
    """

    bands: int
    dtype: str
    band_indices: tuple[int, ...] | None = None
    gsd: tuple[float, float] | None = None
    resampled: bool = False
    nodata: float | None = None
    white_area: int | None = None
    low: tuple[float, ...] | None = None
    high: tuple[float, ...] | None = None

    @classmethod
    def of(cls, info: Mapping[str, Any]) -> TrainingData:
        """Return the description in ``dataset.json``; earlier versions wrote less of it."""
        statistics = info.get("statistics", {})
        return cls(
            bands=info["bands"],
            dtype=info["dtype"],
            band_indices=_tuple(info.get("band_indices")),
            gsd=_tuple(info.get("gsd_range")),  # type: ignore[arg-type]
            resampled=info.get("options", {}).get("gsd") is not None,
            nodata=info.get("nodata"),
            white_area=info.get("white_area"),
            low=_tuple(statistics.get("min")),
            high=_tuple(statistics.get("max")),
        )

    def to_json(self) -> dict[str, Any]:
        """Return plain values, as a checkpoint keeps them."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}

    @classmethod
    def from_json(cls, state: Mapping[str, Any]) -> TrainingData:
        """Restore :meth:`to_json`; what a later version has added is left out."""
        known = {field.name for field in fields(cls)}
        values: dict[str, Any] = {k: _from_plain(v) for k, v in state.items() if k in known}
        return cls(**values)


def _from_plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _tuple(values: Any) -> tuple[Any, ...] | None:
    return None if values is None else tuple(values)
