# What each level of alignment adds on the toy cities: the rows of Table IX (for roads X, for land
# cover IV), and ISIA and AIM without the second step. Trained as in ../cdga/toy_table1.py. A weight
# of 0 switches an alignment off; a second step that would begin after the last iteration never
# comes.
_base_ = "../cdga/toy_table1.py"
title = "ISIA and AIM on the toy cities"
paper = (
    "The rows of Yuan et al., Birds of a Feather Flock Together, Tables IX and X, on generated "
    "data."
)
columns = ["mIoU", "NAM", dict(metric="mIoU", minus="gfa", title="over GFA")]
_common = {
    "model.alignments.*.start": 0,
    "model.alignments.aim.in_channels": 16,
    "default_hooks.checkpoint.interval": 100,
}
_things = {"model.alignments.aim.things": [1, 3, 6]}  # of land cover: buildings, trees, vehicles
_isia, _aim = "model.alignments.isia.weight", "model.alignments.aim.weight"
_second_step = "model.alignments.pseudo.start"
_rows = {
    "gfa": ("+ GFA", {_isia: 0.0, _aim: 0.0, _second_step: 200}),
    "isia": ("+ ISIA", {_aim: 0.0, _second_step: 200}),
    "aim": ("+ AIM", {_isia: 0.0, _second_step: 200}),
    "isia_aim": ("+ ISIA + AIM", {_second_step: 200}),
    "all": ("+ all: two steps", {_second_step: 100}),
}
rows = [
    {{_base_._warm_up}},
    {{_base_._source_only}},
    dict(name="ima", title="+ IMA", config="configs/toy/ima.py", start_from="warm_up"),
    *[
        dict(
            name=name,
            title=title,
            config="configs/toy/isia_aim.py",
            overrides={**_common, **values},
            task_overrides={"landcover": _things},
            start_from="warm_up",
        )
        for name, (title, values) in _rows.items()
    ],
    {{_base_._target_only}},
]
