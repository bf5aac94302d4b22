# Patch-level alignment against the number of modes, trained as in toy_table1.py.
_base_ = "toy_table1.py"
title = "Patch-level alignment on the toy cities: number of modes"
paper = (
    "The sweep of Tsai et al., Discriminative Patch Representations, Figure 5, on generated data."
)
tasks = [
    dict(
        name="landcover",
        title="land cover",
        toy=dict(task="landcover"),
        overrides={"model.*.num_classes": 7},
    ),
]
columns = ["mIoU", "NAM"]
sweep = dict(title="number of modes K", metric="mIoU", log=True)
rows = [
    {{_base_._warm_up}},
    {{_base_._source_only}},
    *[
        dict(
            name=f"k{k}",
            title=f"K = {k}",
            config="configs/toy/patch.py",
            overrides={
                "model.alignments.*.start": 0,
                "model.alignments.patch.grid": (6, 6),
                "model.alignments.patch.num_modes": k,
            },
            start_from="warm_up",
            x=k,
        )
        for k in (4, 8, 16, 32)
    ],
    {{_base_._target_only}},
]
