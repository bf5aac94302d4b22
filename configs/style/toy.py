# A small CycleGAN between the toy cities, for a CPU.
_base_ = [
    "../_base_/toy_runtime.py",
    "../_base_/models/toy_cyclegan.py",
    "../_base_/datasets/toy.py",
    "../_base_/schedules/toy_cyclegan.py",
]
pipeline = [
    dict(type="LoadTile"),
    dict(type="RandomCrop", crop_size=(96, 96)),
    dict(type="RandomFlip", prob=0.5),
    dict(type="RandomRotate90"),
    dict(type="PackDomainInputs"),
]
train_dataloader = dict(
    batch_size=1,
    dataset=dict(
        source=dict(labelled=False, pipeline=pipeline),
        target=dict(labelled=False, pipeline=pipeline),
    ),
)
val_dataloader = val_evaluator = test_dataloader = test_evaluator = None
custom_hooks = []
