"""Statistics of a domain's training images: mean, deviation, brightness, class frequencies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from tqdm import tqdm

from mmda.errors import DataError
from mmda.raster.dataset.domain import TiledDomain, count_splits
from mmda.raster.dataset.stats import BandStatistics
from mmda.raster.dataset.tile_files import records_holes
from mmda.utils.threads import map_in_threads

Rows = Sequence[Mapping[str, Any]]
SCALE = 4  # ratio of bright pixels from which a pair is warned of
SAMPLED = 64  # number of tiles on which the brightness is measured


@dataclass(frozen=True)
class DomainStatistics:
    """Statistics of a domain's split ``train``.

    Attributes:
        mean: Mean per band over valid pixels, in the images' units.
        std: Standard deviation per band, above 0.
        low: Smallest value of a sample of tiles.
        high: 99.9th percentile of a sample of tiles.
        measured: Whether mean and deviation were measured on the tiles; else ``dataset.json`` has
            them.
        class_pixels: Split -> number of pixels per shared class, for splits with labels.
    """

    mean: list[float]
    std: list[float]
    low: float
    high: float
    measured: bool
    class_pixels: dict[str, list[int]]

    def to_json(self) -> dict[str, Any]:
        """Return the statistics as plain values."""
        return asdict(self)


def measure(
    domain: TiledDomain, rows: Rows, *, reuse: bool, workers: int, progress: bool
) -> DomainStatistics:
    """Measure a domain.

    Args:
        domain: The domain.
        rows: All its rows, with the final splits and classes.
        reuse: Whether to use the mean and deviation in ``dataset.json``, which are right if the
            split is unchanged. They are also used where no tile records which pixels have data.
        workers: Number of threads.
        progress: Whether to show a progress bar on stderr.
    """
    train = [row for row in rows if row["split"] == "train"]
    known = list(filter(records_holes, train))
    train, reuse = known or train, reuse or not known
    if reuse:
        found = domain.info["statistics"]
        mean, std = found["mean"], found["std"]
    else:
        bands = _stream(domain, train, workers, progress)
        mean, std = bands.mean.tolist(), bands.std.tolist()
    low, high = _brightness(domain, train)
    # The deviation of a constant band is 0, by which images could not be divided.
    std = [value if value > 0 else 1.0 for value in std]
    return DomainStatistics(mean, std, low, high, not reuse, _class_pixels(rows))


def white_level(dtype: str, statistics: Sequence[DomainStatistics]) -> float | None:
    """Return the value of full brightness; ``None`` if there are values below 0.

    For uint16 it is the largest value of the sensor's number of bits (4095 for 12 bits), which is
    derived from the domains' 99.9th percentile. For float32 it is that percentile, rounded up to
    two digits.
    """
    if dtype == "uint8":
        return 255.0
    if min(s.low for s in statistics) < 0:
        return None
    high = max(s.high for s in statistics)
    if dtype == "uint16":
        return float(2 ** int(np.ceil(np.log2(max(high, 1) + 1))) - 1)
    if high <= 0:
        return 1.0
    unit = 10.0 ** (np.floor(np.log10(high)) - 1)
    return float(f"{np.ceil(high / unit - 1e-6) * unit:.2g}")


def _stream(domain: TiledDomain, rows: Rows, workers: int, progress: bool) -> BandStatistics:
    """Return the statistics of all tiles, merged in their order, whatever the thread count."""

    def of_tile(row: Mapping[str, Any]) -> BandStatistics:
        image, valid = domain.read_image(row)
        return BandStatistics.of(np.ascontiguousarray(np.moveaxis(image, -1, 0)), valid)

    name = f"statistics of {domain.info['domain']}"
    tiles = map_in_threads(of_tile, rows, workers)
    bar = tqdm(tiles, total=len(rows), unit="tile", desc=name, disable=not progress)
    return BandStatistics.merged(domain.info["bands"], bar)


def _brightness(domain: TiledDomain, rows: Rows) -> tuple[float, float]:
    if domain.info["dtype"] == "uint8":
        return 0.0, 255.0
    chosen = np.unique(np.linspace(0, len(rows) - 1, SAMPLED).round().astype(int))
    lows, values = [], []
    for index in chosen:
        image, valid = domain.read_image(rows[index])
        pixels = image.reshape(-1, image.shape[2]) if valid is None else image[valid]
        lows.append(float(pixels.min()))
        values.append(pixels[:: max(1, len(pixels) // 4096)].ravel())
    return min(lows), float(np.quantile(np.concatenate(values), 0.999))


def _class_pixels(rows: Rows) -> dict[str, list[int]]:
    result = {}
    for split in count_splits(rows):
        counts = [row["class_pixels"] for row in rows if row["split"] == split]
        if None not in counts:
            result[split] = [sum(column) for column in zip(*counts, strict=True)]
    return result


def check_same_bands(source: TiledDomain, target: TiledDomain) -> list[str]:
    """Check that the domains have equally many bands; warn if their types or scales differ.

    Returns:
        The warning, or nothing.

    Raises:
        DataError: When the band counts differ.
    """
    infos = (source.info, target.info)
    if infos[0]["bands"] != infos[1]["bands"]:
        raise DataError(
            f"`{source.root}` has {infos[0]['bands']} bands, but `{target.root}` has "
            f"{infos[1]['bands']}; one network reads both. Tile one of them again with the bands "
            "of the other, e.g. from `gdal_translate -b 1 -b 2 -b 3`."
        )
    if infos[0]["dtype"] != infos[1]["dtype"]:
        return [
            f"The source's images are {infos[0]['dtype']}, the target's {infos[1]['dtype']}: each "
            "domain is normalised with its own statistics, and source images do not get the "
            "target's colours (MatchDomain is left out)."
        ]
    dark, bright = sorted(_bright_value(info) for info in infos)
    if bright > SCALE * dark > 0:
        return [
            f"Bright pixels of one domain are {bright:.4g}, of the other {dark:.4g}: they seem to "
            "be stored on different scales. Bring the rasters to one scale before tiling, unless "
            "the sensors differ so much."
        ]
    return []


def _bright_value(info: Mapping[str, Any]) -> float:
    """Return two deviations above the mean, over all bands."""
    found = info["statistics"]
    return float(np.mean(np.asarray(found["mean"]) + 2 * np.asarray(found["std"])))
