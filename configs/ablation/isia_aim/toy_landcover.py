# As toy_buildings.py, for land cover: seven classes, of which buildings, trees and vehicles have
# instances.
_base_ = "toy_buildings.py"
title = "ISIA and AIM on the toy cities: land cover"
toy = dict(task="landcover")
overrides = {"model.*.num_classes": 7}
columns = [
    "mIoU",
    "IoU/building",
    "IoU/road",
    "IoU/tree",
    "IoU/field",
    "IoU/water",
    "IoU/vehicle",
    "NAM",
    dict(metric="mIoU", minus="gfa", title="over GFA"),
]
_isia, _aim = "model.alignments.isia.weight", "model.alignments.aim.weight"
_second_step = "model.alignments.pseudo.start"
_things = {"model.alignments.aim.things": [1, 3, 6]}
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
        dict(
            name=name,
            title=title,
            config="configs/toy/isia_aim.py",
            overrides={**_things, **values},
        )
        for name, (title, values) in _rows.items()
    ],
    dict(name="target_only", title="target only", config="configs/toy/target_only.py"),
]
