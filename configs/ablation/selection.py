# Models to choose among, good ones and bad ones, for benchmarks/selection.py.
# A random shift of the cities for every task, a small network, few iterations. Two rows are harmed
# on purpose: by an adversarial weight that is far too large, and by self-training that begins at
# once and takes every label.
title = "Choosing among models on random shifts of the toy cities"
columns = ["mIoU"]
_tasks = ("buildings", "roads", "buildings", "landcover")
tasks = [
    dict(
        name=f"{_tasks[number % 4]}_random{number}",
        toy=dict(task=_tasks[number % 4], shift=f"random:{number}"),
        overrides={"model.*.num_classes": 7} if _tasks[number % 4] == "landcover" else {},
    )
    for number in range(30)
]
seeds = [0]
_iterations = 160
_start = "model.alignments.*.start"
overrides = {
    "train_cfg.max_iters": _iterations,
    "train_cfg.val_interval": 1000,  # never
    "param_scheduler.0.end": 20,
    "param_scheduler.1.begin": 20,
    "param_scheduler.1.end": _iterations,
    "optim_wrapper.optimizers.segmentor.optimizer.lr": 3e-3,
    "default_hooks.checkpoint.interval": _iterations // 2,
    "model.segmentor.backbone.base_channels": 16,
    "model.segmentor.decode_head.*channels": 16,
    "model.segmentor.*.norm_cfg.num_groups": 4,
    "train_dataloader.*.crop_size": (96, 96),
}
_jittered = [
    dict(type="LoadTile"),
    dict(type="RandomCrop", crop_size=(96, 96)),
    dict(type="RandomFlip", prob=0.5),
    dict(type="RandomRotate90"),
    dict(type="RadiometricJitter", gain=0.4, gamma=0.3, saturation=1.0, blur=1.0),
    dict(type="PackDomainInputs"),
]
_output = "configs/toy/output_space.py"
_adapted = "configs/toy/adapted.py"
_threshold = "model.alignments.self_training.threshold"
_momentum = "model.teacher.momentum"
rows = [
    dict(name="source_only", config="configs/toy/source_only.py"),
    dict(
        name="jitter",
        title="source with radiometric jitter",
        config="configs/toy/source_only.py",
        overrides={"train_dataloader.dataset.source.pipeline": _jittered},
    ),
    dict(
        name="adapted",
        title="recipe",
        config=_adapted,
        overrides={_start: 60, _momentum: 0.97},
    ),
    dict(name="output_space", config=_output, overrides={_start: 60}),
    dict(
        name="output_space_harmed",
        title="output space, weight 5",
        config=_output,
        overrides={_start: 60, "model.alignments.output.weights.decode": 5.0},
    ),
    dict(
        name="self_training_harmed",
        title="self-training from the start, without a threshold",
        config=_adapted,
        overrides={_start: 0, _threshold: 0.0, _momentum: 0.97},
    ),
]
