# ISIA and AIM beside other methods on the toy cities, trained as in toy_table9.py.
_base_ = "toy_table9.py"
title = "ISIA and AIM beside other methods on the toy cities"
paper = (
    "The comparison of Yuan et al., Birds of a Feather Flock Together, Tables XI and XII, on "
    "generated data."
)
columns = ["mIoU", "NAM"]
_common = {"model.alignments.*.start": 0, "default_hooks.checkpoint.interval": 50}
_two_steps = {"model.alignments.pseudo.start": 150, "model.alignments.pseudo.balance": True}
# Ten times the weights of AIM in isia_aim.py, as published: 0.01 and 0.001 beside 0.001.
_sim = {
    "model.alignments.aim.weight": 0.1,
    "custom_hooks": [
        dict(type="TeacherEMAHook"),
        dict(type="PseudoLabelHook", thresholds="median"),
        dict(type="AlignmentWeightHook", alignment="aim", weight=0.01),
    ],
    "model.alignments.isia.weight": 0.0,
    "model.alignments.aim.adaptive": False,
    "model.alignments.aim.stuff": [0],
}
_sim_landcover = {  # things: buildings, trees, vehicles
    "model.alignments.aim.things": [1, 3, 6],
    "model.alignments.aim.stuff": [0, 2, 4, 5],
}
rows = [
    {{_base_._warm_up_source}},
    {{_base_._source_only}},
    {{_base_._warm_up_ima}},
    dict(
        name="output_space",
        title="AdaptSegNet, Tsai et al. 2018",
        config="configs/toy/output_space.py",
        overrides={"model.alignments.*.start": 0},
        start_from="warm_up",
    ),
    dict(
        name="sim",
        title="SIM, Wang et al. 2020",
        config="configs/toy/isia_aim.py",
        overrides={**_common, **_two_steps, **_sim},
        task_overrides={"landcover": _sim_landcover},
        start_from="warm_up_ima",
    ),
    dict(
        name="all",
        title="ISIA and AIM",
        config="configs/toy/isia_aim.py",
        overrides={**_common, **_two_steps},
        start_from="warm_up_ima",
    ),
    {{_base_._target_only_throughout}},
]
