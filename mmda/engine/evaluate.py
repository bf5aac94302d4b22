"""Evaluation of a checkpoint on the config's test set."""

from __future__ import annotations

from pathlib import Path

from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmda.engine.launch import build_runner, prepare
from mmda.registry import HOOKS


def evaluate(
    config: Config,
    checkpoint: str | Path,
    work_dir: str | Path,
    *,
    launcher: str = "none",
    show_dir: str | Path | None = None,
) -> dict[str, float]:
    """Return the scores of ``checkpoint`` on the config's test set.

    Args:
        config: A config from :func:`~mmda.engine.launch.load_config`.
        checkpoint: Path of the checkpoint.
        work_dir: Where the log goes.
        launcher: As in :func:`~mmda.engine.launch.prepare`.
        show_dir: Folder for a picture (image, truth, prediction) of each test sample.
    """
    config = prepare(config, work_dir, launcher=launcher)
    config.load_from, config.resume = str(checkpoint), False
    config.model.segmentor.backbone.pop("init_cfg", None)
    if show_dir is not None:
        hook = dict(type="ShowPredictionsHook", show_dir=str(show_dir))
        config.custom_hooks = [*config.get("custom_hooks", []), hook]
    runner = build_runner(config, training=False)
    return {name: float(value) for name, value in runner.test().items()}


@HOOKS.register_module()
class ShowPredictionsHook(Hook):
    """Write image, truth and prediction of each test sample side by side.

    Args:
        show_dir: Folder for the pictures ``<tile>.png``.
    """

    def __init__(self, show_dir: str) -> None:
        self.show_dir = Path(show_dir)

    def after_test_iter(
        self, runner: Runner, batch_idx: int, data_batch: object = None, outputs: object = None
    ) -> None:
        """Write the pictures of one batch."""
        from mmda.datasets.transforms.loading import read_image
        from mmda.report.panels import write_panel

        meta = runner.test_dataloader.dataset.metainfo
        for sample in outputs or ():  # type: ignore[attr-defined]
            name = sample.metainfo.get("tile") or Path(sample.metainfo["img_path"]).stem
            write_panel(
                self.show_dir / f"{name}.png",
                read_image(sample.metainfo["img_path"]),
                {
                    "truth": sample.gt_sem_seg.data[0].cpu().numpy(),
                    "prediction": sample.pred_sem_seg.data[0].cpu().numpy(),
                },
                meta["palette"],
            )
