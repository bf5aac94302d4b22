# Weight of AIM, GTA5 -> Cityscapes, that of ISIA being 0.001. ISIA has the sums of Eq. 8, to
# which the paper's weights belong.
title = "ISIA and AIM: weight of AIM, GTA5 to Cityscapes"
paper = "Yuan et al., Birds of a Feather Flock Together, Table VIII."
columns = ["mIoU"]
sweep = dict(title="lambda", metric="mIoU", log=True)
_published = {0.0001: 50.2, 0.0005: 50.4, 0.001: 50.7, 0.005: 50.4, 0.01: 50.1, 0.02: 50.0}
rows = [
    dict(
        name=f"lambda_{value}",
        title=f"lambda = {value}",
        config="configs/uda/isia_aim/isia-aim_deeplabv2-r101_120k_gta52cityscapes.py",
        overrides={"model.alignments.aim.weight": value, "model.alignments.isia.reduction": "sum"},
        published=[figure],
        x=value,
    )
    for value, figure in _published.items()
]
