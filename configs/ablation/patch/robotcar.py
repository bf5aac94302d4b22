# Patch-level alignment from sunny to rainy streets, Cityscapes -> Oxford RobotCar. The figures
# stand in its text; its own is taken to be that of fusion and patch level, as in its tables.
title = "Patch-level alignment, Cityscapes to RobotCar"
paper = "Tsai et al., Domain Adaptation via Discriminative Patch Representations, Section 4.4."
columns = ["mIoU"]
_network = "deeplabv2-r101_120k_cityscapes2robotcar.py"
rows = [
    dict(name=name, title=title, config=f"configs/{config}_{_network}", published=[figure])
    for name, title, config, figure in (
        ("source_only", "without adaptation", "source_only/source-only", 61.9),
        ("output_space", "output space", "uda/output_space/single-level", 69.5),
        ("patch", "patch level", "uda/patch/patch", None),
        ("patch_fu", "Fu + patch level", "uda/patch/patch-fu", 72.0),
    )
]
