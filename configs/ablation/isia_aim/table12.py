# ISIA and AIM beside other methods, roads, Massachusetts -> DeepGlobe.
title = "ISIA and AIM: comparison of methods, roads, Massachusetts to DeepGlobe"
paper = "Yuan et al., Birds of a Feather Flock Together, Table XII."
notes = [
    "The figures of source only and target only are those of Table X.",
    "The paper's 66.1 is not in its Table X, where ISIA has the highest figure of this transfer, "
    "65.2, and 66.1 on the opposite one.",
    "AdaptSegNet (multi-level) and CLAN train a second classifier; the other rows, source "
    "and target only included, have none.",
]
source_only, target_only = "source_only", "target_only"
columns = ["mIoU", "NAM"]
_run = "deeplabv3plus-r101_120k_massachusetts2deepglobe.py"
rows = [
    dict(
        name="source_only",
        title="source only",
        config=f"configs/source_only/source-only_{_run}",
        published=[60.4, None],
    ),
    dict(
        name="adaptsegnet",
        title="AdaptSegNet, Tsai et al. 2018",
        config=f"configs/uda/output_space/multi-level_{_run}",
        published=[61.9, None],
    ),
    dict(
        name="clan",
        title="CLAN, Luo et al. 2019",
        config=f"configs/uda/clan/clan_{_run}",
        published=[62.6, None],
    ),
    dict(
        name="sim",
        title="SIM, Wang et al. 2020",
        config=f"configs/uda/isia_aim/sim_{_run}",
        published=[63.1, None],
    ),
    dict(
        name="isia_aim",
        title="ISIA and AIM",
        config=f"configs/uda/isia_aim/isia-aim_{_run}",
        published=[66.1, None],
    ),
    dict(
        name="target_only",
        title="target only",
        config=f"configs/target_only/target-only_{_run}",
        published=[68.3, None],
    ),
]
