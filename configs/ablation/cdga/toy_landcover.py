# As toy_buildings.py, for land cover: seven classes in every part of the models.
_base_ = "toy_buildings.py"
title = "CDGA on the toy cities: land cover"
toy = dict(task="landcover")
# Small things (a vehicle is a pixel at 1/4 scale) want the larger maps of output_space.py.
overrides = {
    "model.*.num_classes": 7,
    "model.*.input_scale": 0.5,
    "model.*.discriminator.num_layers": 4,
}
columns = [
    "mIoU",
    "IoU/building",
    "IoU/road",
    "IoU/tree",
    "IoU/field",
    "IoU/water",
    "IoU/vehicle",
    "NAM",
    dict(metric="mIoU", minus="output_space", title="over output space"),
]
