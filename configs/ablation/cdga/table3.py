# CDGA beside other methods, SYNTHIA -> Cityscapes, over the 13 classes that the field reports.
# Rows without a config are published figures alone.
title = "CDGA: comparison of methods, SYNTHIA to Cityscapes"
paper = "Kim et al., AAAI 2021, Table 3."
notes = [
    "BDL and CDGA on it are trained in their online form; the whole sequence of BDL, and CDGA on "
    "it, is ../bdl/synthia2cityscapes.py.",
    "The mean of the 13 figures that the paper prints for CDGA is 59.6, not its 54.1.",
    "The row BDL trains its parts at once (bdl-online); ../bdl runs its rounds, and CDGA on them.",
    "AdaptSegNet (multi-level) and CLAN train a second classifier; the other rows, source "
    "and target only included, have none.",
]
source_only, target_only = "source_only", "target_only"
columns = [
    "IoU/road", "IoU/sidewalk", "IoU/building", "IoU/traffic light", "IoU/traffic sign",
    "IoU/vegetation", "IoU/sky", "IoU/person", "IoU/rider", "IoU/car", "IoU/bus",
    "IoU/motorcycle", "IoU/bicycle", dict(metric="mIoU/13", title="mIoU"),
    dict(metric="NAM", of="mIoU/13"),
]  # fmt: skip
rows = [
    dict(
        name="source_only",
        title="source only",
        config="configs/source_only/source-only_deeplabv2-r101_120k_synthia2cityscapes.py",
    ),
    dict(
        name="adaptsegnet",
        title="AdaptSegNet, Tsai et al. 2018",
        config="configs/uda/output_space/multi-level_deeplabv2-r101_120k_synthia2cityscapes.py",
        published=[
            84.3, 42.7, 77.5, 4.7, 7.0, 77.9, 82.5, 54.3, 21.0, 72.3, 32.2, 18.9, 32.3,
            46.7, None,
        ],
    ),
    dict(
        name="bdl",
        title="BDL, Li et al. 2019",
        config="configs/uda/cdga/bdl-online_deeplabv2-r101_120k_synthia2cityscapes.py",
        published=[
            86.0, 46.7, 80.3, 14.1, 11.6, 79.2, 81.3, 54.1, 27.9, 73.7, 42.2, 25.7, 45.3,
            51.4, None,
        ],
    ),
    dict(
        name="clan",
        title="CLAN, Luo et al. 2019",
        config="configs/uda/clan/clan_deeplabv2-r101_120k_synthia2cityscapes.py",
        published=[
            82.5, 24.0, 79.4, 16.5, 12.7, 79.2, 82.8, 58.3, 18.0, 79.3, 25.3, 17.6, 25.9,
            46.3, None,
        ],
    ),
    dict(
        name="ssf_dan",
        title="SSF-DAN, Du et al. 2019",
        published=[
            84.6, 41.7, 80.8, 11.5, 14.7, 80.8, 85.3, 57.5, 21.6, 82.0, 36.0, 19.3, 34.5,
            50.0, None,
        ],
    ),
    dict(
        name="contextual",
        title="Huang et al. 2020",
        published=[
            86.2, 44.9, 79.5, 9.4, 11.8, 78.6, 86.5, 57.2, 26.1, 76.8, 39.9, 21.5, 32.1,
            50.0, None,
        ],
    ),
    dict(
        name="sim",
        title="SIM, Wang et al. 2020",
        config="configs/uda/isia_aim/sim_deeplabv2-r101_120k_synthia2cityscapes.py",
        published=[
            83.0, 44.0, 80.3, 17.1, 15.8, 80.5, 81.8, 59.9, 33.1, 70.2, 37.3, 28.5, 45.8,
            52.1, None,
        ],
    ),
    dict(
        name="cdga",
        title="CDGA",
        config="configs/uda/cdga/cdga-bdl_deeplabv2-r101_120k_synthia2cityscapes.py",
        published=[
            90.7, 49.5, 84.5, 33.6, 38.9, 84.6, 84.6, 59.8, 33.3, 80.8, 51.5, 37.6, 45.9,
            54.1, None,
        ],
    ),
    dict(
        name="target_only",
        title="target only",
        config="configs/target_only/target-only_deeplabv2-r101_120k_synthia2cityscapes.py",
    ),
]  # fmt: skip
