# Weight of ISIA, GTA5 -> Cityscapes, that of AIM being 0.001. ISIA has the sums of Eq. 8, to
# which the paper's weights belong.
title = "ISIA and AIM: weight of ISIA, GTA5 to Cityscapes"
paper = "Yuan et al., Birds of a Feather Flock Together, Table VII."
columns = ["mIoU"]
sweep = dict(title="lambda", metric="mIoU", log=True)
_published = {0.0001: 49.2, 0.0005: 49.6, 0.001: 50.7, 0.005: 50.2, 0.01: 50.0, 0.02: 49.3}
rows = [
    dict(
        name=f"lambda_{value}",
        title=f"lambda = {value}",
        config="configs/uda/isia_aim/isia-aim_deeplabv2-r101_120k_gta52cityscapes.py",
        overrides={"model.alignments.isia.weight": value, "model.alignments.isia.reduction": "sum"},
        published=[figure],
        x=value,
    )
    for value, figure in _published.items()
]
