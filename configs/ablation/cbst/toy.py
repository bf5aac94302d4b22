# Class-balanced self-training in rounds on the toy cities. A U-Net of 16 channels and crops of 96
# pixels, as in ../league/toy.py.
title = "CBST: rounds of self-training on the toy cities"
notes = [
    "Each round labels the target with the model of the row above it, then goes on from its "
    "weights. The share of each class's pixels that become labels is 20 % and grows by 5 % a round."
]
tasks = [
    dict(name="buildings", toy=dict(task="buildings")),
    dict(name="landcover", toy=dict(task="landcover"), overrides={"model.*.num_classes": 7}),
]
seeds = [0, 1, 2]
columns = ["mIoU", dict(metric="mIoU", minus="longer", title="gain over longer")]
overrides = {
    "model.segmentor.backbone.base_channels": 16,
    "model.segmentor.decode_head.*channels": 16,
    "train_dataloader.*.crop_size": 96,
}


def _for(iterations):
    lengths = ("train_cfg.max_iters", "train_cfg.val_interval", "param_scheduler.1.end")
    return dict.fromkeys(lengths, iterations)


rows = [
    dict(
        name="source_only",
        title="source only",
        config="configs/toy/source_only.py",
        overrides={"optim_wrapper.optimizers.segmentor.optimizer.lr": 2e-3, **_for(800)},
    ),
    dict(
        name="longer",
        title="source only, as long as three rounds",
        config="configs/toy/source_only.py",
        start_from="source_only",
        overrides=_for(600),
    ),
    *[
        dict(
            name=f"round{number}",
            title=f"round {number}, {15 + 5 * number} %",
            config="configs/toy/cbst.py",
            start_from=f"round{number - 1}" if number > 1 else "source_only",
            overrides={
                "model.alignments.pseudo.start": 0,
                "custom_hooks.1.thresholds": f"balanced:{0.15 + 0.05 * number:.2f}",
                **_for(200),
            },
        )
        for number in (1, 2, 3)
    ],
]
