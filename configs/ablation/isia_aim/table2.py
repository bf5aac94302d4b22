# ISIA and AIM beside other methods, GTA5 -> Cityscapes. Rows without a
# config are published figures alone.
title = "ISIA and AIM: comparison of methods, GTA5 to Cityscapes"
paper = "Yuan et al., Birds of a Feather Flock Together, Table II."
notes = [
    "Not in mmda: SIBAN, PyCDA, SSF-DAN, DISE, DLOW and ASA, see docs/methods/left-out.md.",
    "Patch alignment (the paper's DPR) is its fusion, which needs a translated source, see "
    "configs/uda/patch/README.md.",
    "The row of CBST trains one round; ../cbst/gta52cityscapes.py trains three.",
    "The mean of the 19 figures that the paper prints for IntraDA is 45.8, not its 46.3.",
    "IntraDA's row needs the labels that configs/uda/intrada/README.md writes.",
    "The figures of source only and target only are those of Table IV.",
    "ADVENT's 45.5 is published for AdvEnt+MinEnt, an ensemble of two models; the row trains "
    "AdvEnt alone.",
    "AdaptSegNet (multi-level), CLAN, ADVENT and IntraDA train a second classifier; the other "
    "rows, source and target only included, have none.",
]
source_only, target_only = "source_only", "target_only"
columns = [
    "IoU/road", "IoU/sidewalk", "IoU/building", "IoU/wall", "IoU/fence", "IoU/pole",
    "IoU/traffic light", "IoU/traffic sign", "IoU/vegetation", "IoU/terrain", "IoU/sky",
    "IoU/person", "IoU/rider", "IoU/car", "IoU/truck", "IoU/bus", "IoU/train", "IoU/motorcycle",
    "IoU/bicycle", "mIoU", "NAM",
]  # fmt: skip
_none = [None] * 19
rows = [
    dict(
        name="source_only",
        title="source only",
        config="configs/source_only/source-only_deeplabv2-r101_120k_gta52cityscapes.py",
        published=[*_none, 36.6, None],
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
        name="cbst",
        title="CBST, Zou et al. 2018",
        config="configs/uda/cbst/cbst_deeplabv2-r101_120k_gta52cityscapes.py",
        published=[
            89.6, 58.9, 78.5, 33.0, 22.3, 41.4, 48.2, 39.2, 83.6, 24.3,
            65.4, 49.3, 20.2, 83.3, 39.0, 48.6, 12.5, 20.3, 35.3, 47.0, None,
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
        name="siban",
        title="SIBAN, Luo et al. 2019",
        published=[
            88.5, 35.4, 79.5, 26.3, 24.3, 28.5, 32.5, 18.3, 81.2, 40.0,
            76.5, 58.1, 25.8, 82.6, 30.3, 34.4, 3.4, 21.6, 21.5, 42.6, None,
        ],
    ),
    dict(
        name="max_square",
        title="MaxSquare, Chen et al. 2019",
        config="configs/uda/certainty/max-square_deeplabv2-r101_120k_gta52cityscapes.py",
        published=[
            88.1, 27.7, 80.8, 28.7, 19.8, 24.9, 34.0, 17.8, 83.6, 34.7,
            76.0, 58.6, 28.6, 84.1, 37.8, 43.1, 7.2, 32.2, 34.2, 44.3, None,
        ],
    ),
    dict(
        name="advent",
        title="ADVENT, Vu et al. 2019",
        config="configs/uda/output_space/advent_deeplabv2-r101_120k_gta52cityscapes.py",
        published=[
            89.4, 33.1, 81.0, 26.6, 26.8, 27.2, 33.5, 24.7, 83.9, 36.7,
            78.8, 58.7, 30.5, 84.8, 38.5, 44.5, 1.7, 31.6, 32.4, 45.5, None,
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
        name="pycda",
        title="PyCDA, Lian et al. 2019",
        published=[
            90.5, 36.3, 84.4, 32.4, 28.7, 34.6, 36.4, 31.5, 86.8, 37.9,
            78.5, 62.3, 21.5, 85.6, 27.9, 34.8, 18.0, 22.9, 49.3, 47.4, None,
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
        name="dise",
        title="DISE, Chang et al. 2019",
        published=[
            91.5, 47.5, 82.5, 31.3, 25.6, 33.0, 33.7, 25.8, 82.7, 28.8,
            82.7, 62.4, 30.8, 85.2, 27.7, 34.5, 6.4, 25.2, 24.4, 45.4, None,
        ],
    ),
    dict(
        name="dlow",
        title="DLOW, Gong et al. 2019",
        published=[
            87.1, 33.5, 80.5, 24.5, 13.2, 29.8, 29.5, 26.6, 82.6, 26.7,
            81.8, 55.9, 25.3, 78.0, 33.5, 38.7, 0.0, 22.9, 34.5, 42.3, None,
        ],
    ),
    dict(
        name="fada",
        title="FADA, Wang et al. 2020",
        config="configs/uda/fada/fada_deeplabv2-r101_120k_gta52cityscapes.py",
        published=[
            92.5, 47.5, 85.1, 37.6, 32.8, 33.4, 33.8, 18.4, 85.3, 37.7,
            83.5, 63.2, 39.7, 87.5, 32.9, 47.8, 1.6, 34.9, 39.5, 49.2, None,
        ],
    ),
    dict(
        name="intra_da",
        title="IntraDA, Pan et al. 2020",
        config="configs/uda/intrada/intrada_deeplabv2-r101_120k_gta52cityscapes.py",
        published=[
            90.6, 37.1, 82.6, 30.1, 19.1, 29.5, 32.4, 20.6, 85.7, 40.5,
            79.7, 58.7, 31.1, 86.3, 31.5, 48.3, 0.0, 30.2, 35.8, 46.3, None,
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
        name="asa",
        title="ASA, Zhou et al. 2021",
        published=[
            89.2, 27.8, 81.3, 25.3, 22.7, 28.7, 36.5, 19.6, 83.8, 31.4,
            77.1, 59.2, 29.8, 84.3, 33.2, 45.6, 16.9, 34.5, 30.8, 45.1, None,
        ],
    ),
    dict(
        name="isia_aim",
        title="ISIA and AIM",
        config="configs/uda/isia_aim/isia-aim_deeplabv2-r101_120k_gta52cityscapes.py",
        published=[
            91.8, 48.7, 85.6, 38.1, 31.8, 35.7, 39.5, 40.3, 85.3, 40.5,
            85.9, 62.2, 32.3, 84.2, 31.4, 52.2, 9.9, 31.0, 36.1, 50.7, None,
        ],
    ),
    dict(
        name="target_only",
        title="target only",
        config="configs/target_only/target-only_deeplabv2-r101_120k_gta52cityscapes.py",
        published=[*_none, 65.1, None],
    ),
]  # fmt: skip
