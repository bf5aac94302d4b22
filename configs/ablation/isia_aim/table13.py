# How far the segmentation model matters: DeepLab-v2, DeepLab-v3+ and FCN on HRNet-W48, three
# transfers, each with its own source only and target only.
title = "ISIA and AIM: three segmentation models"
paper = "Yuan et al., Birds of a Feather Flock Together, Table XIII."
notes = [
    "NAM is that of mIoU. The paper's NAM differs from that of its own mIoU in five rows: GTA5 "
    "DeepLab-v2 49.5 and HRNet 65.5, buildings DeepLab-v3+ 86.2, roads DeepLab-v2 46.0 and "
    "DeepLab-v3+ 60.8.",
    "AIM is off for roads; the paper's 65.2 of DeepLab-v3+ is its row of ISIA without AIM, too.",
]
tasks = [
    dict(name="gta52cityscapes", title="GTA5 to Cityscapes"),
    dict(name="massachusetts2inria", title="buildings, Massachusetts to Inria"),
    dict(name="massachusetts2deepglobe", title="roads, Massachusetts to DeepGlobe"),
]
columns = ["mIoU", "NAM"]
_networks = {
    "deeplabv2-r101": "DeepLab-v2",
    "deeplabv3plus-r101": "DeepLab-v3+",
    "fcn-hrnet-w48": "FCN HRNet-W48",
}
_methods = {
    "source": ("source only", "configs/source_only/source-only"),
    "isia_aim": ("ISIA and AIM", "configs/uda/isia_aim/isia-aim"),
    "target": ("target only", "configs/target_only/target-only"),
}
# mIoU and NAM of each task.
_published = {
    ("source", "deeplabv2-r101"): [36.6, None, 64.2, None, 49.8, None],
    ("isia_aim", "deeplabv2-r101"): [50.7, 48.1, 69.1, 50.5, 53.8, 46.6],
    ("target", "deeplabv2-r101"): [65.1, None, 73.9, None, 58.5, None],
    ("source", "deeplabv3plus-r101"): [46.8, None, 76.1, None, 60.4, None],
    ("isia_aim", "deeplabv3plus-r101"): [66.3, 61.7, 81.7, 85.9, 65.2, 60.2],
    ("target", "deeplabv3plus-r101"): [78.4, None, 82.6, None, 68.3, None],
    ("source", "fcn-hrnet-w48"): [60.3, None, 78.4, None, 65.7, None],
    ("isia_aim", "fcn-hrnet-w48"): [73.8, 63.7, 83.0, 78.0, 71.2, 59.1],
    ("target", "fcn-hrnet-w48"): [80.9, None, 84.3, None, 75.0, None],
}
rows = [
    dict(
        name=f"{method}_{network}",
        title=f"{_networks[network]}, {_methods[method][0]}",
        config=f"{_methods[method][1]}_{network}_120k_{{task}}.py",
        bounds=[f"source_{network}", f"target_{network}"],
        published=figures,
    )
    for (method, network), figures in _published.items()
]
