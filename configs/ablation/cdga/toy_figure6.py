# CDGA against the number of groups on the toy cities, with the settings of toy_landcover.py. Land
# cover: with two classes there are no more than two groups that differ.
_base_ = "toy_landcover.py"
title = "CDGA on the toy cities: number of groups, land cover"
paper = "The sweep of Kim et al., AAAI 2021, Figure 6, on generated data."
columns = ["mIoU", "NAM", dict(metric="mIoU", minus="output_space", title="over output space")]
sweep = dict(title="number of groups K", metric="mIoU", log=True)
_cdga = "model.alignments.cdga"
_maps = {f"{_cdga}.input_scale": 0.5, f"{_cdga}.discriminator.num_layers": 4}
rows = [
    dict(name="source_only", title="source only", config="configs/toy/source_only.py"),
    dict(name="output_space", title="output space", config="configs/toy/output_space.py"),
    *[
        dict(
            name=f"k{k}",
            title=f"K = {k}",
            config="configs/toy/cdga.py",
            overrides={**_maps, f"{_cdga}.num_groups": k},
            x=k,
        )
        for k in (1, 2, 4, 8, 16)
    ],
    dict(name="target_only", title="target only", config="configs/toy/target_only.py"),
]
