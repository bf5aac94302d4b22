# ISIA's two terms one by one on the toy cities, trained as in toy_table9.py: inter-class separation
# (IS) and intra-class aggregation (IA), without AIM and the second step.
_base_ = "toy_table9.py"
title = "ISIA on the toy cities: separation and aggregation"
paper = "The rows of Yuan et al., Birds of a Feather Flock Together, Table XIV, on generated data."
source_only, target_only = None, None
columns = ["mIoU", dict(metric="mIoU", minus="gfa", title="over IMA + GFA")]
_common = {"model.alignments.*.start": 0, "default_hooks.checkpoint.interval": 50}
_one_step = {"model.alignments.aim.weight": 0.0, "model.alignments.pseudo.start": 200}
_rows = {
    "gfa": ("IMA + GFA", {"model.alignments.isia.weight": 0.0}),
    "separation": ("+ IS", {"model.alignments.isia.intra": False}),
    "aggregation": ("+ IA", {"model.alignments.isia.inter": False}),
    "isia": ("+ ISIA", {}),
}
rows = [
    {{_base_._warm_up_ima}},
    *[
        dict(
            name=name,
            title=title,
            config="configs/toy/isia_aim.py",
            overrides={**_common, **_one_step, **values},
            start_from="warm_up_ima",
        )
        for name, (title, values) in _rows.items()
    ],
]
