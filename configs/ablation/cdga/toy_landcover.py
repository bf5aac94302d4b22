# As toy_buildings.py, for land cover: seven classes in every part of the models. Small things (a
# vehicle is a pixel at 1/4 scale) want the larger maps of output_space.py.
_base_ = "toy_buildings.py"
title = "CDGA on the toy cities: land cover"
toy = dict(task="landcover")
overrides = {"model.*.num_classes": 7}
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
_cdga = "model.alignments.cdga"
_maps = {f"{_cdga}.input_scale": 0.5, f"{_cdga}.discriminator.num_layers": 4}
_off = {
    "cadv": ("cadv", ["co", "orth", "cl"]),
    "cadv_co": ("+ co", ["orth", "cl"]),
    "cadv_co_orth": ("+ orth", ["cl"]),
    "cdga": ("+ cl: CDGA", []),
}
rows = [
    dict(name="source_only", title="source only", config="configs/toy/source_only.py"),
    dict(name="output_space", title="output space", config="configs/toy/output_space.py"),
    *[
        dict(
            name=name,
            title=title,
            config="configs/toy/cdga.py",
            overrides={**_maps, **{f"{_cdga}.weights.{term}": 0.0 for term in terms}},
        )
        for name, (title, terms) in _off.items()
    ],
    dict(name="target_only", title="target only", config="configs/toy/target_only.py"),
]
