# Which terms of patch-level alignment help on the toy cities. Warm-up and iterations are those of
# ../cdga/toy_table1.py, weights those of configs/toy.
_base_ = "../cdga/toy_table1.py"
title = "Patch-level alignment on the toy cities: loss terms"
paper = "The rows of Tsai et al., Discriminative Patch Representations, Table 1, on generated data."
notes = []
columns = ["mIoU", "NAM", dict(metric="mIoU", minus="source_only", title="gain")]
_common = {"model.alignments.*.start": 0, "model.alignments.patch.grid": (6, 6)}
_weights = "model.alignments.patch.weights"
rows = [
    {{_base_._warm_up}},
    {{_base_._source_only}},
    *[
        dict(
            name=name,
            title=title,
            config="configs/toy/patch.py",
            overrides={**_common, **{f"{_weights}.{term}": 0.0 for term in off}},
            start_from="warm_up",
        )
        for name, title, off in (
            ("d", "L_d", ["adv"]),
            ("adv", "L_adv", ["d"]),
            ("patch", "L_d + L_adv", []),
        )
    ],
    {{_base_._target_only}},
]
