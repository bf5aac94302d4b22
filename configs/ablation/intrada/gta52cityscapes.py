# The two steps of IntraDA, GTA5 -> Cityscapes. Train the first row (`--rows advent`), write the
# pseudo-labels with its model as ../../uda/intrada/README.md says, then train the second.
title = "IntraDA: from easy to hard tiles, GTA5 to Cityscapes"
paper = "Pan et al., CVPR 2020; the figure is that of Yuan et al., Table II."
notes = ["Both rows train a second classifier and start from ImageNet's weights."]
columns = ["mIoU", dict(metric="mIoU", minus="advent", title="gain")]
rows = [
    dict(
        name="advent",
        title="AdvEnt",
        config="configs/uda/output_space/advent_deeplabv2-r101_120k_gta52cityscapes.py",
    ),
    dict(
        name="intrada",
        title="IntraDA",
        config="configs/uda/intrada/intrada_deeplabv2-r101_120k_gta52cityscapes.py",
        published=[46.3, None],
    ),
]
