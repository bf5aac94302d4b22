# CDGA beside other methods, GTA5 -> Cityscapes. Rows without a config are published figures alone.
title = "CDGA: comparison of methods, GTA5 to Cityscapes"
paper = "Kim et al., AAAI 2021, Table 2."
notes = [
    "BDL and CDGA on it are trained in their online form; the whole sequence of BDL, and CDGA on "
    "it, is ../bdl/gta52cityscapes.py.",
    "Patch alignment is its fusion, which needs a translated source, see "
    "configs/uda/patch/README.md.",
    "The paper prints the same figures for SSF-DAN and ADVENT. ADVENT's own 45.5 is that of "
    "AdvEnt+MinEnt, an ensemble of two models; the row trains AdvEnt alone.",
    "The row BDL trains its parts at once (bdl-online); ../bdl runs its rounds, and CDGA on them.",
    "AdaptSegNet (multi-level), CLAN and ADVENT train a second classifier; the other rows, source "
    "and target only included, have none.",
]
source_only, target_only = "source_only", "target_only"
columns = [
    "IoU/road", "IoU/sidewalk", "IoU/building", "IoU/wall", "IoU/fence", "IoU/pole",
    "IoU/traffic light", "IoU/traffic sign", "IoU/vegetation", "IoU/terrain", "IoU/sky",
    "IoU/person", "IoU/rider", "IoU/car", "IoU/truck", "IoU/bus", "IoU/train", "IoU/motorcycle",
    "IoU/bicycle", "mIoU", "NAM",
]  # fmt: skip
rows = [
    dict(
        name="source_only",
        title="source only",
        config="configs/source_only/source-only_deeplabv2-r101_120k_gta52cityscapes.py",
        published=[
            75.8, 16.8, 77.2, 12.5, 21.0, 25.5, 30.1, 20.1, 81.3, 24.6,
            70.3, 53.8, 26.4, 49.9, 17.2, 25.9, 6.5, 25.3, 36.0, 36.6, None,
        ],
    ),
    dict(
        name="adaptsegnet",
        title="AdaptSegNet, Tsai et al. 2018",
        config="configs/uda/output_space/multi-level_deeplabv2-r101_120k_gta52cityscapes.py",
        published=[
            86.5, 36.0, 79.9, 23.4, 23.3, 23.9, 35.2, 14.8, 83.4, 33.3,
            75.6, 58.5, 27.6, 73.7, 32.5, 35.4, 3.9, 30.1, 28.1, 42.4, None,
        ],
    ),
    dict(
        name="dcan",
        title="DCAN, Wu et al. 2018",
        published=[
            85.0, 30.8, 81.3, 25.8, 21.2, 22.2, 25.4, 26.6, 83.4, 36.7,
            76.2, 58.9, 24.9, 80.7, 29.5, 42.9, 2.5, 26.9, 11.6, 41.7, None,
        ],
    ),
    dict(
        name="dise",
        title="DISE, Chang et al. 2019",
        published=[
            91.5, 47.5, 82.5, 31.3, 25.6, 33.0, 33.7, 25.8, 82.7, 28.8,
            82.7, 62.4, 30.8, 85.2, 27.7, 34.5, 6.4, 25.2, 24.4, 45.4, None,
        ],
    ),
    dict(
        name="bdl",
        title="BDL, Li et al. 2019",
        config="configs/uda/cdga/bdl-online_deeplabv2-r101_120k_gta52cityscapes.py",
        published=[
            91.0, 44.7, 84.2, 34.6, 27.6, 30.2, 36.0, 36.0, 85.0, 43.6,
            83.0, 58.6, 31.6, 83.3, 35.3, 49.7, 3.3, 28.8, 35.6, 48.5, None,
        ],
    ),
    dict(
        name="clan",
        title="CLAN, Luo et al. 2019",
        config="configs/uda/clan/clan_deeplabv2-r101_120k_gta52cityscapes.py",
        published=[
            87.0, 27.1, 79.6, 27.3, 23.3, 28.3, 35.5, 24.2, 83.6, 27.4,
            74.2, 58.6, 28.0, 76.2, 33.1, 36.7, 6.7, 31.9, 31.4, 43.2, None,
        ],
    ),
    dict(
        name="ssf_dan",
        title="SSF-DAN, Du et al. 2019",
        published=[
            90.3, 38.9, 81.7, 24.8, 22.9, 30.5, 37.0, 21.2, 84.8, 38.8,
            76.9, 58.8, 30.7, 85.7, 30.6, 38.1, 5.9, 28.3, 36.9, 45.4, None,
        ],
    ),
    dict(
        name="advent",
        title="ADVENT, Vu et al. 2019",
        config="configs/uda/output_space/advent_deeplabv2-r101_120k_gta52cityscapes.py",
        published=[
            90.3, 38.9, 81.7, 24.8, 22.9, 30.5, 37.0, 21.2, 84.8, 38.8,
            76.9, 58.8, 30.7, 85.7, 30.6, 38.1, 5.9, 28.3, 36.9, 45.4, None,
        ],
    ),
    dict(
        name="patch",
        title="Patch alignment, Tsai et al. 2019",
        config="configs/uda/patch/patch-fu_deeplabv2-r101_120k_gta52cityscapes.py",
        published=[
            92.3, 51.9, 82.1, 29.2, 25.1, 24.5, 33.8, 33.0, 82.4, 32.8,
            82.2, 58.6, 27.2, 84.3, 33.4, 46.3, 2.2, 29.5, 32.3, 46.5, None,
        ],
    ),
    dict(
        name="contextual",
        title="Huang et al. 2020",
        published=[
            92.4, 55.3, 82.3, 31.2, 29.1, 32.5, 33.2, 35.6, 83.5, 34.8,
            84.2, 58.9, 32.2, 84.7, 40.6, 46.1, 2.1, 31.1, 32.7, 48.6, None,
        ],
    ),
    dict(
        name="sim",
        title="SIM, Wang et al. 2020",
        config="configs/uda/isia_aim/sim_deeplabv2-r101_120k_gta52cityscapes.py",
        published=[
            90.6, 44.7, 84.8, 34.3, 28.7, 31.6, 35.0, 37.6, 84.7, 43.3,
            85.3, 57.0, 31.5, 83.8, 42.6, 48.5, 1.9, 30.4, 39.0, 49.2, None,
        ],
    ),
    dict(
        name="cdga",
        title="CDGA",
        config="configs/uda/cdga/cdga-bdl_deeplabv2-r101_120k_gta52cityscapes.py",
        published=[
            91.1, 52.8, 84.6, 32.0, 27.1, 33.8, 38.4, 40.3, 84.6, 42.8,
            85.0, 64.2, 36.5, 87.3, 44.4, 51.0, 0.0, 37.3, 44.9, 51.5, None,
        ],
    ),
    dict(
        name="target_only",
        title="target only",
        config="configs/target_only/target-only_deeplabv2-r101_120k_gta52cityscapes.py",
    ),
]  # fmt: skip
