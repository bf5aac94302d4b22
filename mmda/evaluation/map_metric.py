"""What a map is judged by beyond its pixels, in a test of a trained model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from mmengine.evaluator import BaseMetric

from mmda.errors import ConfigError, DataError
from mmda.evaluation.options import ScoreOptions
from mmda.evaluation.scene_counts import PARTS, SceneCounts, count_scene
from mmda.registry import METRICS

SCORES = ("boundary IoU", "relaxed F1", "object F1")


@METRICS.register_module()
class MapMetric(BaseMetric):
    """Boundary IoU, relaxed F1 and object F1 per class, summed over the tiles of a set.

    Tiles cut objects, so counts of objects are those of tiles; ``mmda score`` judges whole maps,
    with intervals and path lengths of roads. Results: ``boundary IoU/<class>``, ``relaxed
    F1/<class>`` and ``object F1/<class>``, in percent.

    Args:
        gsd: Metres per pixel of the set.
        boundary: See :class:`~mmda.evaluation.options.ScoreOptions`; in metres.
        radius: In metres.
        iou: Least IoU of an object that counts as found.
        min_area: Smallest object in square metres.
        collect_device: As in MMEngine.
        prefix: As in MMEngine.

    Raises:
        ConfigError: When a value is out of its range.
    """

    default_prefix = None

    def __init__(
        self,
        gsd: float = 1.0,
        boundary: float = 2.0,
        radius: float = 3.0,
        iou: float = 0.5,
        min_area: float = 0.0,
        collect_device: str = "cpu",
        prefix: str | None = None,
    ) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        if not 0 < gsd < float("inf"):
            raise ConfigError(f"MapMetric: `gsd` is {gsd:g}; expected metres per pixel, above 0.")
        self.gsd = gsd
        self.options = ScoreOptions(boundary, radius, iou, min_area)

    def process(self, data_batch: dict, data_samples: Sequence[dict]) -> None:
        """Count one batch of predictions."""
        classes = len(self.dataset_meta["classes"])  # type: ignore[index]
        for sample in data_samples:
            predicted, label = (
                sample[name]["data"].squeeze(0).cpu().numpy().astype(np.uint8)
                for name in ("pred_sem_seg", "gt_sem_seg")
            )
            try:
                counts = count_scene(predicted, label, classes, (self.gsd, self.gsd), self.options)
            except ValueError as error:
                raise DataError(f"`{sample.get('seg_map_path')}`: {error}") from error
            self.results.append(counts)

    def compute_metrics(self, results: list[SceneCounts]) -> dict[str, float]:
        """Return the scores of the summed counts."""
        names = list(self.dataset_meta["classes"])  # type: ignore[index]
        total = SceneCounts(*(np.sum([getattr(r, part) for r in results], 0) for part in PARTS))
        found = total.measures()
        return {
            f"{score}/{name}": float(value)
            for score in SCORES
            for name, value in zip(names, found[score], strict=True)
        }
