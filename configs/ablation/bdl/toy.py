# BDL whole on the toy cities: two rounds of a translation that keeps what the last model sees, and
# of two trainings on translated tiles, the second with pseudo-labels of the first. Source only and
# target only go on from the same model for as many iterations.
title = "BDL on the toy cities: two rounds of translation and self-training"
paper = "The sequence of Li et al., Bidirectional Learning, CVPR 2019, on generated data."
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


rows = [
    _training("m0", "M^0: source only", "source_only", 800),
    _training("source_only", "source only, longer", "source_only", 800, start_from="m0"),
    _translation("f1", "F^1", "toy_perceptual", "m0"),
    _training("m1_0", "M^1_0", "output_space", 200, start_from="m0", translated_by="f1"),
    _training("m1_1", "M^1_1", "bdl_ssl", 200, start_from="m1_0", translated_by="f1"),
    _translation("f2", "F^2", "toy_perceptual", "m1_1"),
    _training("m2_0", "M^2_0", "output_space", 200, start_from="m1_1", translated_by="f2"),
    _training("m2_1", "M^2_1", "bdl_ssl", 200, start_from="m2_0", translated_by="f2"),
    _training("target_only", "target only", "target_only", 800, start_from="m0"),
]
