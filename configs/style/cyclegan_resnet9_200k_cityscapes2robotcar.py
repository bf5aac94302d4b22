# CycleGAN between Cityscapes and RobotCar: crops of 400 x 400 of the images at their own size, in
# which `mmda translate` then meets them. Street scenes have an up: no turns.
_base_ = "cyclegan_resnet9_200k_massachusetts2inria.py"
data_root = "{{$MMDA_DATA_ROOT:data}}"
source_root = data_root + "/cityscapes"
target_root = data_root + "/robotcar"
pipeline = [
    dict(type="LoadTile"),
    dict(type="RandomCrop", crop_size=(400, 400)),
    dict(type="RandomFlip", prob=0.5),
    dict(type="PackDomainInputs"),
]
train_dataloader = dict(
    dataset=dict(
        source=dict(type="TiledDataset", data_root=source_root, pipeline=pipeline),
        target=dict(type="TiledDataset", data_root=target_root, pipeline=pipeline),
    )
)
