# Weight of the inter-class term within ISIA, trained as in toy_table9.py, both steps, buildings.
_base_ = "toy_table9.py"
title = "ISIA and AIM on the toy cities: weight of the inter-class term"
paper = "The sweep of Yuan et al., Birds of a Feather Flock Together, Table VI, on generated data."
tasks = [dict(name="buildings", toy=dict(task="buildings"))]
source_only, target_only = None, None
columns = ["mIoU"]
sweep = dict(title="beta", metric="mIoU", log=True)
_common = {
    "model.alignments.*.start": 0,
    "default_hooks.checkpoint.interval": 50,
}

rows = [
    {{_base_._warm_up_ima}},
    *[
        dict(
            name=f"beta_{value}",
            title=f"beta = {value}",
            config="configs/toy/isia_aim.py",
            overrides={
                **_common,
                "model.alignments.pseudo.start": 150,
                "model.alignments.pseudo.balance": True,
                "model.alignments.isia.beta": value,
            },
            start_from="warm_up_ima",
            x=value,
        )
        for value in (0.1, 0.5, 1.0, 2.0, 5.0)
    ],
]
