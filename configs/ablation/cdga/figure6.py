# CDGA against the number of groups, GTA5 -> Cityscapes. The paper shows a figure without numbers;
# those of source only and of K = 8 stand in its tables.
title = "CDGA: number of groups, GTA5 to Cityscapes"
paper = "Kim et al., AAAI 2021, Figure 6."
source_only, target_only = "source_only", "target_only"
columns = ["mIoU", "NAM"]
sweep = dict(title="number of groups K", metric="mIoU", log=True)
_names = {1: "cdga-k1", 2: "cdga-k2", 4: "cdga-k4", 8: "cdga-bdl", 16: "cdga-k16"}
rows = [
    dict(
        name="source_only",
        title="source only",
        config="configs/source_only/source-only_deeplabv2-r101_120k_gta52cityscapes.py",
        published=[36.6, None],
    ),
    *[
        dict(
            name=f"k{k}",
            title=f"K = {k}",
            config=f"configs/uda/cdga/{name}_deeplabv2-r101_120k_gta52cityscapes.py",
            x=k,
            published=[51.5 if k == 8 else None, None],
        )
        for k, name in _names.items()
    ],
    dict(
        name="target_only",
        title="target only",
        config="configs/target_only/target-only_deeplabv2-r101_120k_gta52cityscapes.py",
    ),
]
