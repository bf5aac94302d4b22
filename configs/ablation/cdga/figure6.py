# CDGA against the number of groups, GTA5 -> Cityscapes. The paper shows a figure without numbers;
# that of K = 8 stands in its tables.
title = "CDGA: number of groups, GTA5 to Cityscapes"
paper = "Kim et al., AAAI 2021, Figure 6."
columns = ["mIoU"]
sweep = dict(title="number of groups K", metric="mIoU", log=True)
rows = [
    dict(
        name=f"k{k}",
        title=f"K = {k}",
        config="configs/uda/cdga/cdga-bdl_deeplabv2-r101_120k_gta52cityscapes.py",
        overrides={"model.alignments.cdga.num_groups": k},
        x=k,
        published=[51.5 if k == 8 else None],
    )
    for k in (1, 2, 4, 8, 16)
]
