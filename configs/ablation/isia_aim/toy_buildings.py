# What each level of alignment adds on the toy cities: the rows of Table IX, and one more, ISIA and
# AIM without the second step. A weight of 0 switches an alignment off; a second step that would
# begin at iteration 600 never comes.
title = "ISIA and AIM on the toy cities: buildings"
paper = "The rows of Yuan et al., Birds of a Feather Flock Together, Table IX, on generated data."
toy = dict(task="buildings", shift="default")
seeds = [0, 1, 2, 3, 4]
overrides = {
    "train_cfg.max_iters": 600,
    "train_cfg.val_interval": 600,
    "param_scheduler.1.end": 600,
    "default_hooks.checkpoint.interval": 100,
}
source_only, target_only = "source_only", "target_only"
columns = [
    "mIoU",
    dict(metric="IoU/building", title="IoU building"),
    "NAM",
    dict(metric="mIoU", minus="gfa", title="over GFA"),
]
_isia, _aim = "model.alignments.isia.weight", "model.alignments.aim.weight"
_second_step = "model.alignments.pseudo.start"
_rows = {
    "gfa": ("+ GFA", {_isia: 0.0, _aim: 0.0, _second_step: 600}),
    "isia": ("+ ISIA", {_aim: 0.0, _second_step: 600}),
    "aim": ("+ AIM", {_isia: 0.0, _second_step: 600}),
    "isia_aim": ("+ ISIA + AIM", {_second_step: 600}),
    "all": ("+ all: two steps", {_second_step: 300}),
}
rows = [
    dict(name="source_only", title="source only", config="configs/toy/source_only.py"),
    dict(name="ima", title="+ IMA", config="configs/toy/ima.py"),
    *[
        dict(name=name, title=title, config="configs/toy/isia_aim.py", overrides=values)
        for name, (title, values) in _rows.items()
    ],
    dict(name="target_only", title="target only", config="configs/toy/target_only.py"),
]
