# BDL whole, SYNTHIA -> Cityscapes: two rounds of a translation that keeps what the last model
# sees, and of trainings on translated images, all but the first with pseudo-labels of the one
# before.
title = "BDL: two rounds of translation and self-training, SYNTHIA to Cityscapes"
paper = "Li et al., Bidirectional Learning for Domain Adaptation, CVPR 2019, Algorithm 1."
notes = [
    "F^k is a CycleGAN with perceptual terms; M^k_0 is trained on images that F^k has translated, "
    "M^k_i also with pseudo-labels of the model before. The published figures of M^2_2 "
    "and CDGA are those of CDGA's tables.",
    "The mean of the 13 figures that CDGA's paper prints for itself is 59.6, not its 54.1.",
]
source_only, target_only = "m0", "target_only"
columns = [dict(metric="mIoU/13", title="mIoU"), dict(metric="NAM", of="mIoU/13")]
_network = "deeplabv2-r101_120k_synthia2cityscapes.py"


def _round(k, before):
    """Return the rows of round k, whose translation watches what the row `before` sees."""
    translation = dict(
        name=f"f{k}",
        title=f"F^{k}",
        config="configs/style/cyclegan-perceptual_resnet9_200k_synthia2cityscapes.py",
        start_from=before,
    )
    trainings = [
        dict(
            name=f"m{k}_{i}",
            title=f"M^{k}_{i}",
            config=f"configs/uda/bdl/bdl-{'ssl' if i else 'adv'}_{_network}",
            start_from=f"m{k}_{i - 1}" if i else None,
            translated_by=f"f{k}",
            published=[51.4, None] if (k, i) == (2, 2) else None,
        )
        for i in range(3)
    ]
    return [translation, *trainings]


rows = [
    dict(
        name="m0",
        title="M^0: source only",
        config=f"configs/source_only/source-only_{_network}",
    ),
    *_round(1, "m0"),
    *_round(2, "m1_2"),
    dict(
        name="cdga",
        title="CDGA in place of output space",
        config=f"configs/uda/bdl/bdl-cdga_{_network}",
        start_from="m2_1",
        translated_by="f2",
        published=[54.1, None],
    ),
    dict(
        name="target_only",
        title="target only",
        config=f"configs/target_only/target-only_{_network}",
    ),
]
