# Methods beside each other on the toy cities: three tasks, the seeds and iterations of
# toy_buildings.py. CDGA of land cover has the larger maps of toy_landcover.py.
_base_ = "toy_buildings.py"
title = "CDGA beside other methods on the toy cities"
paper = "The comparison of Kim et al., AAAI 2021, Tables 2 and 3, on generated data."
tasks = [
    dict(name="buildings", toy=dict(task="buildings")),
    dict(name="roads", toy=dict(task="roads")),
    dict(
        name="landcover",
        title="land cover",
        toy=dict(task="landcover"),
        overrides={"model.*.num_classes": 7},
    ),
]
columns = ["mIoU", "NAM", dict(metric="mIoU", minus="output_space", title="over output space")]
_cdga = "model.alignments.cdga"
_maps = {f"{_cdga}.input_scale": 0.5, f"{_cdga}.discriminator.num_layers": 4}
rows = [
    dict(name="source_only", title="source only", config="configs/toy/source_only.py"),
    dict(name="feature_level", title="feature level", config="configs/toy/feature_level.py"),
    dict(name="output_space", title="output space", config="configs/toy/output_space.py"),
    dict(
        name="cdga",
        title="CDGA",
        config="configs/toy/cdga.py",
        task_overrides={"landcover": _maps},
    ),
    dict(name="target_only", title="target only", config="configs/toy/target_only.py"),
]
