# Which terms of patch-level alignment help, GTA5 -> Cityscapes.
title = "Patch-level alignment: ablation of the loss terms, GTA5 to Cityscapes"
paper = "Tsai et al., Domain Adaptation via Discriminative Patch Representations, Table 1."
notes = [
    "The row without L_d stands in the paper's text, as 1.9 below that of both terms.",
]
source_only, target_only = "source_only", "target_only"
columns = ["mIoU", "NAM"]
_network = "deeplabv2-r101_120k_gta52cityscapes.py"
rows = [
    dict(
        name="source_only",
        title="without adaptation",
        config=f"configs/source_only/source-only_{_network}",
        published=[36.6, None],
    ),
    *[
        dict(
            name=name,
            title=title,
            config=f"configs/uda/patch/{config}_{_network}",
            published=[figure, None],
        )
        for name, title, config, figure in (
            ("d", "L_d", "patch-ld", 38.8),
            ("adv", "L_adv", "patch-ladv", 39.4),
            ("patch", "L_d + L_adv", "patch", 41.3),
        )
    ],
    dict(
        name="target_only",
        title="target only",
        config=f"configs/target_only/target-only_{_network}",
    ),
]
