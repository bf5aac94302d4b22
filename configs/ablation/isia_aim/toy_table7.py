# Weight of ISIA, trained as in toy_table9.py, both steps, buildings.
_base_ = "toy_table9.py"
title = "ISIA and AIM on the toy cities: weight of ISIA"
paper = "The sweep of Yuan et al., Birds of a Feather Flock Together, Table VII, on generated data."
tasks = [dict(name="buildings", toy=dict(task="buildings"))]
source_only, target_only = None, None
columns = ["mIoU"]
sweep = dict(title="lambda", metric="mIoU", log=True)
_common = {
    "model.alignments.*.start": 0,
    "default_hooks.checkpoint.interval": 50,
}

rows = [
    {{_base_._warm_up_ima}},
    *[
        dict(
            name=f"lambda_{value}",
            title=f"lambda = {value}",
            config="configs/toy/isia_aim.py",
            overrides={
                **_common,
                "model.alignments.pseudo.start": 150,
                "model.alignments.pseudo.balance": True,
                "model.alignments.isia.weight": value,
            },
            start_from="warm_up_ima",
            x=value,
        )
        for value in (0.001, 0.005, 0.01, 0.05, 0.1, 0.2)
    ],
]
