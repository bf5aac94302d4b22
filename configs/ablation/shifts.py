# Does adaptation do harm? Source only, AdaBN, the image level alone and the self-training recipe on
# two shifts of scale and density alone, two presets and 30 random shifts (`random:N`, see
# mmda/toy/random_shift.py). A small network and small crops, so that a shift takes some five
# minutes on a CPU core. Checkpoints of half the way are for benchmarks/selection.py.
title = "The recipe on random shifts"
notes = [
    "One pair of cities and one training of each row for every shift.",
    "AdaBN is to be compared with source_only_bn: both have batch norm, all others group norm.",
]
_TASKS = ["buildings", "roads", "landcover", "buildings"] * 7 + ["roads", "landcover"]
tasks = [  # the first two: what random shifts hardly ever are
    dict(name="finer", toy=dict(shift="none", values=dict(gsd_ratio=0.7, density=1.4))),
    dict(name="coarser", toy=dict(shift="none", values=dict(gsd_ratio=1.5, density=0.7))),
    dict(name="mild", toy=dict(shift="mild")),
    dict(name="hard", toy=dict(shift="hard")),
]
tasks += [
    dict(
        name=f"{task}-{number}",
        title=f"{task} {number}",
        toy=dict(task=task, shift=f"random:{number}"),
        overrides={"model.*.num_classes": 7} if task == "landcover" else {},
    )
    for number, task in enumerate(_TASKS)
]
source_only, target_only = "source_only", "target_only"
columns = ["mIoU"]
overrides = {
    "model.segmentor.backbone.base_channels": 16,
    "model.segmentor.decode_head.*channels": 16,
    "train_dataloader.*.crop_size": 96,
    "optim_wrapper.optimizers.segmentor.optimizer.lr": 2e-3,
    "train_cfg.max_iters": 800,  # after 400 not every model has found the buildings
    "train_cfg.val_interval": 800,
    "param_scheduler.1.end": 800,
    "default_hooks.checkpoint.interval": 400,
}
rows = [
    dict(name="source_only", config="configs/toy/source_only.py"),
    dict(name="target_only", config="configs/toy/target_only.py"),
    dict(name="source_only_bn", config="configs/toy/source_only_bn.py"),
    dict(name="adabn", config="configs/toy/adabn.py"),
    dict(name="image_level", config="configs/toy/ima.py"),
    dict(name="adapted", config="configs/toy/adapted.py"),
]
