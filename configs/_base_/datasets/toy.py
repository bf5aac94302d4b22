# The toy cities, tiled for one task; `make demo` writes them and sets MMDA_TOY_ROOT. See
# configs/toy/README.md.
_base_ = "../recipes/adapted.py"
data_root = "{{$MMDA_TOY_ROOT:data/toy/buildings}}"
crop_size = (128, 128)
source_root = data_root + "/source"
target_root = data_root + "/target"

load = dict(type="LoadTile")
geometry = [
    dict(type="RandomCrop", crop_size=crop_size),
    dict(type="RandomFlip", prob=0.5),
    dict(type="RandomRotate90"),
]
pack = dict(type="PackDomainInputs")
roots = dict(source=source_root, target=target_root)
match = dict(type="MatchDomain", **roots)
scale = dict(_base_.scale, min_size=crop_size[0], **roots)
# With IMA: the source in the target's radiometry and at its scale, for the configs that want it.
ima_pipeline = [load, match, scale, *geometry, pack]
scaled_pipeline = [load, scale, *geometry, pack]  # at the target's scale, in its own look
jitter = dict(_base_.jitter, **roots)
sometimes_matched = dict(_base_.match, **roots)
adapted_data = dict(
    source=dict(pipeline=[load, sometimes_matched, scale, *geometry, jitter, pack]),
    target=dict(pipeline=[load, *geometry, _base_.weak_view, jitter, pack]),
)

train_dataloader = dict(
    batch_size=4,
    num_workers=0,
    sampler=dict(type="PairedDomainSampler"),
    dataset=dict(
        type="PairedDomainDataset",
        source=dict(type="TiledDataset", data_root=source_root, pipeline=[load, *geometry, pack]),
        target=dict(
            type="TiledDataset",
            data_root=target_root,
            labelled=False,
            pipeline=[load, *geometry, pack],
        ),
    ),
)
val_dataloader = dict(
    batch_size=4,
    num_workers=0,
    sampler=dict(type="DefaultSampler", shuffle=False),
    dataset=dict(type="TiledDataset", data_root=target_root, split="val", pipeline=[load, pack]),
)
test_dataloader = dict(
    batch_size=4,
    num_workers=0,
    sampler=dict(type="DefaultSampler", shuffle=False),
    dataset=dict(type="TiledDataset", data_root=target_root, split="test", pipeline=[load, pack]),
)
val_evaluator = dict(type="SegmentationMetric")
test_evaluator = dict(type="SegmentationMetric")
