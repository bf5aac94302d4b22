# Class-balanced self-training in rounds, GTA5 -> Cityscapes: each row labels the target with the
# model of the row above it, then goes on from its weights.
title = "CBST: rounds of self-training, GTA5 to Cityscapes"
paper = "Zou et al., ECCV 2018. The published figure has another network, see ../../uda/cbst."
notes = ["The share of each class's pixels that become labels is 20 % and grows by 5 % a round."]
columns = ["mIoU", dict(metric="mIoU", minus="longer", title="gain over longer")]
rows = [
    dict(
        name="source_only",
        title="source only",
        config="configs/source_only/source-only_deeplabv2-r101_120k_gta52cityscapes.py",
    ),
    dict(
        name="longer",
        title="source only, as long as three rounds",
        config="configs/source_only/source-only_deeplabv2-r101_120k_gta52cityscapes.py",
        start_from="source_only",
    ),
    *[
        dict(
            name=f"round{number}",
            title=f"round {number}, {15 + 5 * number} %",
            config="configs/uda/cbst/cbst_deeplabv2-r101_120k_gta52cityscapes.py",
            start_from=f"round{number - 1}" if number > 1 else "source_only",
            overrides={
                "model.alignments.pseudo.start": 0,
                "custom_hooks.1.thresholds": f"balanced:{0.15 + 0.05 * number:.2f}",
                "train_cfg.max_iters": 40_000,
            },
        )
        for number in (1, 2, 3)
    ],
]
