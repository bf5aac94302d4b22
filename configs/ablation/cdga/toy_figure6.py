# CDGA against the number of groups, trained as in toy_table1.py. Land cover: with two classes there
# are no more than two groups that differ.
_base_ = "toy_table1.py"
title = "CDGA on the toy cities, with IMA: number of groups, land cover"
paper = "The sweep of Kim et al., AAAI 2021, Figure 6, on generated data."
tasks = [
    dict(
        name="landcover",
        title="land cover",
        toy=dict(task="landcover"),
        overrides={"model.*.num_classes": 7},
    ),
]
notes = [
    "The adversarial term is a sum over the groups, as published: its weight grows with K. K = 1 "
    "is to be compared with output space.",
]
columns = ["mIoU", "NAM", dict(metric="mIoU", minus="output_space", title="over output space")]
sweep = dict(title="number of groups K", metric="mIoU", log=True)
_at_once = {"model.alignments.*.start": 0}
rows = [
    {{_base_._warm_up}},
    {{_base_._source_only}},
    {{_base_._warm_up_translated}},
    {{_base_._ima}},
    {{_base_._output_space}},
    *[
        dict(
            name=f"k{k}",
            title=f"K = {k}",
            config="configs/toy/cdga_ima.py",
            overrides={
                **_at_once,
                "model.alignments.cdga.weights.orth": 0.003,
                "model.alignments.cdga.num_groups": k,
            },
            start_from="warm_up_ima",
            x=k,
        )
        for k in (1, 2, 4, 8, 16)
    ],
    {{_base_._target_only}},
]
