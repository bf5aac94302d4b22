# Which of CDGA's terms help on the toy cities, on source tiles in the target's look and at its
# scale (IMA). Every seed has cities and a training of its own; the rows with IMA go on from one
# warm-up, source only and target only from another, all for the same number of iterations.
title = "CDGA on the toy cities, with IMA"
paper = "The rows of Kim et al., AAAI 2021, Table 1, on generated data."
notes = [
    "As in the paper on its BDL base the source is translated, but there is no self-training. "
    "Warm-ups have 800 iterations, all other rows 200 more; so target only learns from the source "
    "first.",
    "The adversarial term of CDGA is a sum over its K groups (2, for land cover 4), which together "
    "weigh K times what output space does with the same weight. The second row of output space "
    "has K times the weight.",
    "In the row of the adversarial term alone nothing trains the grouping: its groups are random.",
]
tasks = [
    dict(name="buildings", toy=dict(task="buildings")),
    dict(name="roads", toy=dict(task="roads")),
    dict(
        name="landcover",
        title="land cover",
        toy=dict(task="landcover"),
        overrides={"model.*.num_classes": 7},
    ),
]
seeds = [0, 1, 2, 3, 4]
source_only, target_only = "source_only", "target_only"
columns = [
    "mIoU",
    "NAM",
    dict(metric="mIoU", minus="output_space", title="over output space"),
    dict(metric="mIoU", minus="output_space_k", title="over output space x K"),
]
# A smaller network and smaller crops than in configs/toy: a run takes a minute. The mean of the
# last weights is scored, as adversarial training swings.
overrides = {
    "model.teacher": dict(momentum=0.98),
    "model.evaluate": "teacher",
    "model.segmentor.backbone.base_channels": 16,
    "model.segmentor.decode_head.*channels": 16,
    "train_dataloader.*.crop_size": 96,
    "train_cfg.max_iters": 200,
    "train_cfg.val_interval": 200,
    "param_scheduler.1.end": 200,
}


def _warming_up(config):
    iterations = ("train_cfg.max_iters", "train_cfg.val_interval", "param_scheduler.1.end")
    return dict(
        config=f"configs/toy/{config}.py",
        overrides={
            "optim_wrapper.optimizers.segmentor.optimizer.lr": 2e-3,
            **dict.fromkeys(iterations, 800),
        },
    )


_warm_up = dict(name="warm_up", **_warming_up("source_only"))
_source_only = dict(
    name="source_only",
    title="source only",
    config="configs/toy/source_only.py",
    start_from="warm_up",
)
_target_only = dict(
    name="target_only",
    title="target only",
    config="configs/toy/target_only.py",
    start_from="warm_up",
)
# Not `_warm_up_ima`: toy_table9.py has that name, and a dict is merged into its base's of one name.
_warm_up_translated = dict(name="warm_up_ima", title="warm up + IMA", **_warming_up("ima"))
_ima = dict(name="ima", title="+ IMA", config="configs/toy/ima.py", start_from="warm_up_ima")
_at_once = {"model.alignments.*.start": 0}
_output_space = dict(
    name="output_space",
    title="IMA, output space",
    config="configs/toy/output_space_ima.py",
    overrides=_at_once,
    start_from="warm_up_ima",
)
_decode = "model.alignments.output.weights.decode"
_output_space_k = dict(
    _output_space,
    name="output_space_k",
    title="IMA, output space x K",
    overrides={**_at_once, _decode: 0.2},
    task_overrides={"landcover": {_decode: 0.4}},
)
_weights = "model.alignments.cdga.weights"
_off = {
    "cadv": ("IMA, cadv", ["co", "orth", "cl"]),
    "cadv_co": ("+ co", ["orth", "cl"]),
    "cadv_co_orth": ("+ orth", ["cl"]),
    "cdga": ("+ cl: CDGA", []),
}
# Each group costs the discriminator a pass over the maps. `orth` of configs/toy is for buildings.
_orth = {f"{_weights}.orth": 0.003}
_groups = {"model.alignments.cdga.num_groups": 4}


def _by_task(terms_off):
    orth = {} if "orth" in terms_off else _orth
    return {"roads": orth, "landcover": {**_groups, **orth}}


rows = [
    _warm_up,
    _source_only,
    _warm_up_translated,
    _ima,
    _output_space,
    _output_space_k,
    *[
        dict(
            name=name,
            title=title,
            config="configs/toy/cdga_ima.py",
            overrides={**_at_once, **{f"{_weights}.{term}": 0.0 for term in terms}},
            task_overrides=_by_task(terms),
            start_from="warm_up_ima",
        )
        for name, (title, terms) in _off.items()
    ],
    _target_only,
]
