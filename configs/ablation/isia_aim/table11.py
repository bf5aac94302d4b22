# ISIA and AIM beside other methods, buildings, Massachusetts -> Inria.
title = "ISIA and AIM: comparison of methods, buildings, Massachusetts to Inria"
paper = "Yuan et al., Birds of a Feather Flock Together, Table XI."
notes = [
    "The figures of source only and target only are those of Table IX.",
    "AdaptSegNet (multi-level) and CLAN train a second classifier; the other rows, source "
    "and target only included, have none.",
]
source_only, target_only = "source_only", "target_only"
columns = ["mIoU", "NAM"]
_run = "deeplabv3plus-r101_120k_massachusetts2inria.py"
rows = [
    dict(
        name="source_only",
        title="source only",
        config=f"configs/source_only/source-only_{_run}",
        published=[76.1, None],
    ),
    dict(
        name="adaptsegnet",
        title="AdaptSegNet, Tsai et al. 2018",
        config=f"configs/uda/output_space/multi-level_{_run}",
        published=[78.5, None],
    ),
    dict(
        name="clan",
        title="CLAN, Luo et al. 2019",
        config=f"configs/uda/clan/clan_{_run}",
        published=[79.1, None],
    ),
    dict(
        name="sim",
        title="SIM, Wang et al. 2020",
        config=f"configs/uda/isia_aim/sim_{_run}",
        published=[81.1, None],
    ),
    dict(
        name="isia_aim",
        title="ISIA and AIM",
        config=f"configs/uda/isia_aim/isia-aim_{_run}",
        published=[81.7, None],
    ),
    dict(
        name="target_only",
        title="target only",
        config=f"configs/target_only/target-only_{_run}",
        published=[82.6, None],
    ),
]
