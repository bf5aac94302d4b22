# As toy_buildings.py, for roads.
_base_ = "toy_buildings.py"
title = "CDGA on the toy cities: roads"
toy = dict(task="roads")
columns = [
    "mIoU",
    dict(metric="IoU/road", title="IoU road"),
    "NAM",
    dict(metric="mIoU", minus="output_space", title="over output space"),
]
