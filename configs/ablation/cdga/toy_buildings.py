# Which of CDGA's terms help on the toy cities; every seed has cities and a training of its own.
title = "CDGA on the toy cities: buildings"
paper = "The rows of Kim et al., AAAI 2021, Table 1, on generated data."
toy = dict(task="buildings", shift="default")
seeds = [0, 1, 2, 3, 4]
overrides = {
    "train_cfg.max_iters": 600,
    "train_cfg.val_interval": 600,
    "param_scheduler.1.end": 600,
}
source_only, target_only = "source_only", "target_only"
columns = [
    "mIoU",
    dict(metric="IoU/building", title="IoU building"),
    "NAM",
    dict(metric="mIoU", minus="output_space", title="over output space"),
]
rows = [
    dict(name="source_only", title="source only", config="configs/toy/source_only.py"),
    dict(name="output_space", title="output space", config="configs/toy/output_space.py"),
    dict(
        name="cadv",
        title="cadv",
        config="configs/toy/cdga.py",
        overrides={
            "model.alignments.cdga.weights.co": 0.0,
            "model.alignments.cdga.weights.orth": 0.0,
            "model.alignments.cdga.weights.cl": 0.0,
        },
    ),
    dict(
        name="cadv_co",
        title="+ co",
        config="configs/toy/cdga.py",
        overrides={
            "model.alignments.cdga.weights.orth": 0.0,
            "model.alignments.cdga.weights.cl": 0.0,
        },
    ),
    dict(
        name="cadv_co_orth",
        title="+ orth",
        config="configs/toy/cdga.py",
        overrides={"model.alignments.cdga.weights.cl": 0.0},
    ),
    dict(name="cdga", title="+ cl: CDGA", config="configs/toy/cdga.py"),
    dict(name="target_only", title="target only", config="configs/toy/target_only.py"),
]
