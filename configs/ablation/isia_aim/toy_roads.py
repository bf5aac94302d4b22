# As toy_buildings.py, for roads, with a last row that has the second step but no AIM: what the
# configs of roads have.
_base_ = "toy_buildings.py"
title = "ISIA and AIM on the toy cities: roads"
paper = "The rows of Yuan et al., Birds of a Feather Flock Together, Table X, on generated data."
toy = dict(task="roads")
columns = [
    "mIoU",
    dict(metric="IoU/road", title="IoU road"),
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
    "isia_two_steps": ("ISIA, two steps", {_aim: 0.0, _second_step: 300}),
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
