# ISIA and AIM beside other methods, SYNTHIA -> Cityscapes. Rows without a
# config are published figures alone.
title = "ISIA and AIM: comparison of methods, SYNTHIA to Cityscapes"
paper = "Yuan et al., Birds of a Feather Flock Together, Table III."
notes = [
    "Not in mmda: ASA, see docs/methods/left-out.md.",
    "Patch alignment (the paper's DPR) is its fusion, which needs a translated source, see "
    "configs/uda/patch/README.md.",
    "IntraDA's row needs the labels that configs/uda/intrada/README.md writes.",
    "The figures of source only and target only are those of Table V.",
    "ADVENT's 48.0 is published for AdvEnt+MinEnt, an ensemble of two models; the row trains "
    "AdvEnt alone.",
    "AdaptSegNet (multi-level), CLAN, ADVENT and IntraDA train a second classifier; the other "
    "rows, source and target only included, have none.",
]
source_only, target_only = "source_only", "target_only"
columns = [
    "IoU/road", "IoU/sidewalk", "IoU/building", "IoU/traffic light", "IoU/traffic sign",
    "IoU/vegetation", "IoU/sky", "IoU/person", "IoU/rider", "IoU/car", "IoU/bus",
    "IoU/motorcycle", "IoU/bicycle", dict(metric="mIoU/13", title="mIoU"),
    dict(metric="NAM", of="mIoU/13"),
]  # fmt: skip
_none = [None] * 13
rows = [
    dict(
        name="source_only",
        title="source only",
        config="configs/source_only/source-only_deeplabv2-r101_120k_synthia2cityscapes.py",
        published=[*_none, 38.6, None],
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
        name="clan",
        title="CLAN, Luo et al. 2019",
        config="configs/uda/clan/clan_deeplabv2-r101_120k_synthia2cityscapes.py",
        published=[
            81.3, 37.0, 80.1, 16.1, 13.7, 78.2, 81.5, 53.4, 21.2, 73.0, 32.9, 22.6, 30.7,
            47.8, None,
        ],
    ),
    dict(
        name="max_square",
        title="MaxSquare, Chen et al. 2019",
        config="configs/uda/certainty/max-square_deeplabv2-r101_120k_synthia2cityscapes.py",
        published=[
            77.4, 34.0, 78.7, 5.8, 9.8, 80.7, 83.2, 58.5, 20.5, 74.1, 32.1, 11.0, 29.9,
            45.8, None,
        ],
    ),
    dict(
        name="advent",
        title="ADVENT, Vu et al. 2019",
        config="configs/uda/output_space/advent_deeplabv2-r101_120k_synthia2cityscapes.py",
        published=[
            85.6, 42.2, 79.7, 5.4, 8.1, 80.4, 84.1, 57.9, 23.8, 73.3, 36.4, 14.2, 33.0,
            48.0, None,
        ],
    ),
    dict(
        name="patch",
        title="Patch alignment, Tsai et al. 2019",
        config="configs/uda/patch/patch-fu_deeplabv2-r101_120k_synthia2cityscapes.py",
        published=[
            82.4, 38.0, 78.6, 3.9, 11.1, 75.5, 84.6, 53.5, 21.6, 71.4, 32.6, 19.3, 31.7,
            46.5, None,
        ],
    ),
    dict(
        name="fada",
        title="FADA, Wang et al. 2020",
        config="configs/uda/fada/fada_deeplabv2-r101_120k_synthia2cityscapes.py",
        published=[
            84.5, 40.1, 83.1, 20.1, 27.2, 84.8, 84.0, 53.5, 22.6, 85.4, 43.7, 26.8, 27.8,
            52.5, None,
        ],
    ),
    dict(
        name="intra_da",
        title="IntraDA, Pan et al. 2020",
        config="configs/uda/intrada/intrada_deeplabv2-r101_120k_synthia2cityscapes.py",
        published=[
            84.3, 37.7, 79.5, 9.2, 8.4, 80.0, 84.1, 57.2, 23.0, 78.0, 38.1, 20.3, 36.5,
            48.9, None,
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
        name="asa",
        title="ASA, Zhou et al. 2021",
        published=[
            91.2, 48.5, 80.4, 5.5, 5.2, 79.5, 83.6, 56.4, 21.0, 80.3, 36.2, 20.0, 32.9,
            49.3, None,
        ],
    ),
    dict(
        name="isia_aim",
        title="ISIA and AIM",
        config="configs/uda/isia_aim/isia-aim_deeplabv2-r101_120k_synthia2cityscapes.py",
        published=[
            78.9, 35.7, 81.3, 26.4, 31.5, 81.5, 83.5, 53.4, 26.1, 78.8, 40.0, 28.5, 48.8,
            53.4, None,
        ],
    ),
    dict(
        name="target_only",
        title="target only",
        config="configs/target_only/target-only_deeplabv2-r101_120k_synthia2cityscapes.py",
        published=[*_none, 71.7, None],
    ),
]  # fmt: skip
