# Buildings, Massachusetts (1 m) -> Inria (0.3 m), tiles of 512 x 512 at each set's own resolution.
# The reported number is that of Inria's `val`, images 1 to 5 of each city: the labels of its `test`
# are withheld.
data_root = "{{$MMDA_DATA_ROOT:data}}"
source_root = data_root + "/massachusetts_buildings"
target_root = data_root + "/inria"

load = dict(type="LoadTile")
geometry = [dict(type="RandomFlip", prob=0.5), dict(type="RandomRotate90")]
pack = dict(type="PackDomainInputs")

train_dataloader = dict(
    batch_size=1,
    num_workers=4,
    persistent_workers=True,
    pin_memory=True,
    sampler=dict(type="PairedDomainSampler"),
    dataset=dict(
        type="PairedDomainDataset",
        source=dict(
            type="BuildingDataset", data_root=source_root, pipeline=[load, *geometry, pack]
        ),
        target=dict(
            type="BuildingDataset",
            data_root=target_root,
            labelled=False,
            pipeline=[load, *geometry, pack],
        ),
    ),
)
val_dataloader = dict(
    batch_size=4,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type="DefaultSampler", shuffle=False),
    dataset=dict(type="BuildingDataset", data_root=target_root, split="val", pipeline=[load, pack]),
)
test_dataloader = dict(
    batch_size=4,
    num_workers=4,
    sampler=dict(type="DefaultSampler", shuffle=False),
    dataset=dict(type="BuildingDataset", data_root=target_root, split="val", pipeline=[load, pack]),
)
val_evaluator = dict(type="SegmentationMetric")
test_evaluator = dict(type="SegmentationMetric")
