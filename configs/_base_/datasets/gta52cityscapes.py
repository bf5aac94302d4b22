# Street scenes, GTA5 -> Cityscapes, at the sizes of the AdaptSegNet lineage: whole images, GTA5 at
# 1280 x 720, Cityscapes at 1024 x 512. Scores are taken at the labels' own size.
data_root = "{{$MMDA_DATA_ROOT:data}}"
source_root = data_root + "/gta5"
target_root = data_root + "/cityscapes"

load = dict(type="LoadTile")
source_size = dict(type="Resize", scale=(1280, 720), keep_ratio=False)
target_size = dict(type="Resize", scale=(1024, 512), keep_ratio=False)
test_size = dict(type="ResizeImage", scale=(1024, 512), keep_ratio=False)
flip = dict(type="RandomFlip", prob=0.5)
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
            type="StreetDataset", data_root=source_root, pipeline=[load, source_size, flip, pack]
        ),
        target=dict(
            type="StreetDataset",
            data_root=target_root,
            labelled=False,
            pipeline=[load, target_size, flip, pack],
        ),
    ),
)
val_dataloader = dict(
    batch_size=1,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type="DefaultSampler", shuffle=False),
    dataset=dict(
        type="StreetDataset", data_root=target_root, split="val", pipeline=[load, test_size, pack]
    ),
)
test_dataloader = dict(
    batch_size=1,
    num_workers=4,
    sampler=dict(type="DefaultSampler", shuffle=False),
    dataset=dict(
        type="StreetDataset", data_root=target_root, split="test", pipeline=[load, test_size, pack]
    ),
)
val_evaluator = dict(type="SegmentationMetric")
test_evaluator = dict(type="SegmentationMetric")
