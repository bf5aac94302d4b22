# CyCADA on the toy cities: a translation that keeps the classes which the source's model sees, and
# feature-level alignment on the translated tiles; and each of the two by itself.
title = "CyCADA on the toy cities: pixel and feature level"
paper = "The rows of Hoffman et al., CyCADA, ICML 2018, on generated data."
tasks = [
    dict(name="buildings", toy=dict(task="buildings")),
    dict(name="roads", toy=dict(task="roads")),
]
seeds = [0, 1, 2]
source_only, target_only = "source_only", "target_only"
columns = ["mIoU", "NAM", dict(metric="mIoU", minus="source_only", title="gain")]
_small = {
    "model.segmentor.backbone.base_channels": 16,
    "model.segmentor.decode_head.*channels": 16,
}


def _training(name, title, config, iterations, **links):
    """Return a row that trains a U-Net of 16 channels on crops of 96 pixels."""
    keys = ("train_cfg.max_iters", "train_cfg.val_interval", "param_scheduler.1.end")
    overrides = {
        **_small,
        "train_dataloader.*.crop_size": 96,
        **dict.fromkeys(keys, iterations),
    }
    if config not in ("source_only", "target_only"):
        overrides["model.alignments.*.start"] = 0
    if config == "feature_level":
        overrides["model.alignments.feature.in_channels"] = 64
    return dict(
        name=name, title=title, config=f"configs/toy/{config}.py", overrides=overrides, **links
    )


def _translation(name, title, config, before):
    """Return a row whose CycleGAN watches what the row `before` sees."""
    return dict(
        name=name,
        title=title,
        config=f"configs/style/{config}.py",
        overrides=_small,
        start_from=before,
    )


_translated = dict(start_from="m0", translated_by="translation")
rows = [
    _training("m0", "warm up", "source_only", 800),
    _training("source_only", "source only", "source_only", 200, start_from="m0"),
    _translation("translation", "translation", "toy_semantic", "m0"),
    _training("pixel", "pixel level", "source_only", 200, **_translated),
    _training("feature", "feature level", "feature_level", 200, start_from="m0"),
    _training("cycada", "CyCADA", "feature_level", 200, **_translated),
    _training("target_only", "target only", "target_only", 200, start_from="m0"),
]
