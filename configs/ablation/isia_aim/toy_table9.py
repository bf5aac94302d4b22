# What each level of alignment adds on the toy cities: the rows of Table IX (for roads X, for land
# cover IV), and ISIA and AIM without the second step. Rows go on from a warm-up as in
# ../cdga/toy_table1.py, those with IMA from one with IMA; target only learns from the target all
# the time. A weight of 0 switches an alignment off; a second step that would begin after the last
# iteration never comes.
_base_ = "../cdga/toy_table1.py"
title = "ISIA and AIM on the toy cities"
paper = (
    "The rows of Yuan et al., Birds of a Feather Flock Together, Tables IX and X, on generated "
    "data."
)
notes = []
columns = ["mIoU", "NAM", dict(metric="mIoU", minus="gfa", title="over GFA")]
overrides = dict(
    _delete_=True,
    **{
        "model.teacher": dict(momentum=0.98),
        "model.evaluate": "teacher",
        "train_cfg.max_iters": 200,
        "train_cfg.val_interval": 200,
        "param_scheduler.1.end": 200,
    },
)


def _for(iterations):
    keys = ("train_cfg.max_iters", "train_cfg.val_interval", "param_scheduler.1.end")
    return dict.fromkeys(keys, iterations)


_warm_up_source = dict(name="warm_up", config="configs/toy/source_only.py", overrides=_for(600))
_warm_up_ima = dict(
    name="warm_up_ima", title="warm up + IMA", config="configs/toy/ima.py", overrides=_for(600)
)
_target_only_throughout = dict(
    name="target_only",
    title="target only",
    config="configs/toy/target_only.py",
    overrides=_for(800),
)
_common = {"model.alignments.*.start": 0, "default_hooks.checkpoint.interval": 50}
_pca = {"train_dataloader.dataset.source.pipeline.1.method": "pca"}  # of MatchDomain
_isia, _aim = "model.alignments.isia.weight", "model.alignments.aim.weight"
_second_step = "model.alignments.pseudo.start"
_rows = {
    "gfa": ("+ GFA", {_isia: 0.0, _aim: 0.0, _second_step: 200}),
    "isia": ("+ ISIA", {_aim: 0.0, _second_step: 200}),
    "aim": ("+ AIM", {_isia: 0.0, _second_step: 200}),
    "isia_aim": ("+ ISIA + AIM", {_second_step: 200}),
    "all": ("+ all: two steps", {_second_step: 150, "model.alignments.pseudo.balance": True}),
}
rows = [
    _warm_up_source,
    {{_base_._source_only}},
    _warm_up_ima,
    {{_base_._ima}},
    *[
        dict(
            name=name,
            title=title,
            config="configs/toy/isia_aim.py",
            overrides={**_common, **values},
            start_from="warm_up_ima",
        )
        for name, (title, values) in _rows.items()
    ],
    dict(  # what the configs of roads have
        name="isia_two_steps",
        title="ISIA, two steps",
        config={"roads": "configs/toy/isia_aim.py"},
        overrides={
            **_common,
            _aim: 0.0,
            _second_step: 150,
            "model.alignments.pseudo.balance": True,
        },
        start_from="warm_up_ima",
    ),
    dict(  # the whole covariance of the colours in place of each channel's histogram
        name="warm_up_ima_pca",
        title="warm up + IMA (pca)",
        config="configs/toy/ima.py",
        overrides={**_for(600), **_pca},
    ),
    dict(
        name="ima_pca",
        title="+ IMA (pca)",
        config="configs/toy/ima.py",
        overrides=_pca,
        start_from="warm_up_ima_pca",
    ),
    _target_only_throughout,
]
