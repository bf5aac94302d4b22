# Weight of the inter-class term within ISIA, GTA5 -> Cityscapes. ISIA has the sums of Eq. 8,
# to which the paper's weights belong.
title = "ISIA and AIM: weight of the inter-class term within ISIA, GTA5 to Cityscapes"
paper = "Yuan et al., Birds of a Feather Flock Together, Table VI."
columns = ["mIoU"]
sweep = dict(title="beta", metric="mIoU", log=True)
_published = {0.1: 49.8, 0.5: 50.3, 1.0: 50.7, 2.0: 50.4, 5.0: 50.1}
rows = [
    dict(
        name=f"beta_{value}",
        title=f"beta = {value}",
        config="configs/uda/isia_aim/isia-aim_deeplabv2-r101_120k_gta52cityscapes.py",
        overrides={"model.alignments.isia.beta": value, "model.alignments.isia.reduction": "sum"},
        published=[figure],
        x=value,
    )
    for value, figure in _published.items()
]
