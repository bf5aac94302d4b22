# Patch-level alignment against the number of modes, GTA5 -> Cityscapes. The paper shows a figure
# without numbers; those of source only and of K = 50 stand in its tables.
title = "Patch-level alignment: number of modes, GTA5 to Cityscapes"
paper = "Tsai et al., Domain Adaptation via Discriminative Patch Representations, Figure 5."
source_only, target_only = "source_only", "target_only"
columns = ["mIoU", "NAM"]
sweep = dict(title="number of modes K", metric="mIoU", log=True)
_network = "deeplabv2-r101_120k_gta52cityscapes.py"
_names = {20: "patch-k20", 50: "patch", 100: "patch-k100", 200: "patch-k200", 300: "patch-k300"}
rows = [
    dict(
        name="source_only",
        title="without adaptation",
        config=f"configs/source_only/source-only_{_network}",
        published=[36.6, None],
    ),
    *[
        dict(
            name=f"k{k}",
            title=f"K = {k}",
            config=f"configs/uda/patch/{name}_{_network}",
            x=k,
            published=[41.3 if k == 50 else None, None],
        )
        for k, name in _names.items()
    ],
    dict(
        name="target_only",
        title="target only",
        config=f"configs/target_only/target-only_{_network}",
    ),
]
