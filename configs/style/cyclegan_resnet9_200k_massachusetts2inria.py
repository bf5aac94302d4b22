# CycleGAN between the buildings datasets: crops of 256 x 256 of their tiles.
_base_ = [
    "../_base_/full_runtime.py",
    "../_base_/models/cyclegan_resnet9.py",
    "../_base_/datasets/massachusetts2inria.py",
    "../_base_/schedules/cyclegan_200k.py",
]
pipeline = [
    dict(type="LoadTile"),
    dict(type="RandomCrop", crop_size=(256, 256)),
    dict(type="RandomFlip", prob=0.5),
    dict(type="RandomRotate90"),
    dict(type="PackDomainInputs"),
]
train_dataloader = dict(
    dataset=dict(
        source=dict(labelled=False, pipeline=pipeline),
        target=dict(labelled=False, pipeline=pipeline),
    ),
)
val_dataloader = val_evaluator = test_dataloader = test_evaluator = None
custom_hooks = []
