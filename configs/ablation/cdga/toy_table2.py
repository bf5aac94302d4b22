# Methods beside each other on the toy cities, each by itself, without IMA. Warm-up and iterations
# are those of toy_table1.py, weights those of configs/toy.
_base_ = "toy_table1.py"
title = "CDGA beside other methods on the toy cities, without IMA"
paper = "The comparison of Kim et al., AAAI 2021, Tables 2 and 3, on generated data."
notes = []
columns = ["mIoU", "NAM", dict(metric="mIoU", minus="output_space", title="over output space")]
_at_once = {"model.alignments.*.start": 0}
_orth = {"model.alignments.cdga.weights.orth": 0.003}
_cdga_by_task = {"roads": _orth, "landcover": {"model.alignments.cdga.num_groups": 4, **_orth}}
rows = [
    {{_base_._warm_up}},
    {{_base_._source_only}},
    *[
        dict(
            name=name,
            title=title,
            config=f"configs/toy/{name}.py",
            overrides=_at_once,
            task_overrides=_cdga_by_task if name == "cdga" else {},
            start_from="warm_up",
        )
        for name, title in (
            ("feature_level", "feature level"),
            ("output_space", "output space"),
            ("cdga", "CDGA"),
        )
    ],
    {{_base_._target_only}},
]
