# CDGA against the number of groups on the toy cities. Land cover: with two classes there are no
# more than two groups that differ.
title = "CDGA on the toy cities: number of groups, land cover"
paper = "The sweep of Kim et al., AAAI 2021, Figure 6, on generated data."
toy = dict(task="landcover", shift="default")
seeds = [0, 1, 2]
overrides = {"model.*.num_classes": 7}
columns = ["mIoU"]
sweep = dict(title="number of groups K", metric="mIoU", log=True)
rows = [
    dict(name="source_only", title="source only", config="configs/toy/source_only.py"),
    *[
        dict(
            name=f"k{k}",
            title=f"K = {k}",
            config="configs/toy/cdga.py",
            overrides={"model.alignments.cdga.num_groups": k},
            x=k,
        )
        for k in (1, 2, 4, 8, 16)
    ],
]
