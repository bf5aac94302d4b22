# Tiled datasets of your own; see configs/custom/README.md. Their classes are those of dataset.json.
_base_ = "../recipes/adapted.py"
source_root = "{{$MMDA_SOURCE:data/source}}"
target_root = "{{$MMDA_TARGET:data/target}}"
crop_size = (int("{{$MMDA_CROP:128}}"),) * 2

load = dict(type="LoadTile")
geometry = [
    dict(type="RandomCrop", crop_size=crop_size),
    dict(type="RandomFlip", prob=0.5),
    dict(type="RandomRotate90"),
]
pack = dict(type="PackDomainInputs")

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
roots = dict(source=source_root, target=target_root)
match = dict(_base_.match, **roots)
jitter = dict(_base_.jitter, **roots)
scale = dict(_base_.scale, min_size=crop_size[0], **roots)
adapted_data = dict(
    source=dict(pipeline=[load, match, scale, *geometry, jitter, pack]),
    target=dict(pipeline=[load, *geometry, _base_.weak_view, jitter, pack]),
)
test_dataloader = dict(
    batch_size=1,
    num_workers=0,
    sampler=dict(type="DefaultSampler", shuffle=False),
    dataset=dict(type="TiledDataset", data_root=target_root, split="test", pipeline=[load, pack]),
)
test_evaluator = dict(type="SegmentationMetric")
