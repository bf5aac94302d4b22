# The recommended recipe: source images in the target's radiometry and at its scale, colours that
# vary so much that they do not tell the classes apart, and self-training with a mean teacher on
# target images into which source objects are pasted.
_base_ = [
    "../_base_/toy_runtime.py",
    "../_base_/models/toy_unet.py",
    "../_base_/datasets/toy.py",
    "../_base_/schedules/toy.py",
]

source_root = {{_base_.source_root}}
target_root = {{_base_.target_root}}
geometry = [
    dict(type="RandomCrop", crop_size={{_base_.crop_size}}),
    dict(type="RandomFlip", prob=0.5),
    dict(type="RandomRotate90"),
]
match = dict(type="MatchDomain", source=source_root, target=target_root, prob=0.5)
resize = dict(type="RandomResize", scale=(256, 256), ratio_range=(0.65, 1.1), keep_ratio=True)
jitter = dict(type="RadiometricJitter", gain=0.4, gamma=0.3, saturation=1.0, blur=1.0)

train_dataloader = dict(
    dataset=dict(
        source=dict(
            pipeline=[
                dict(type="LoadTile"),
                match,
                resize,
                *geometry,
                jitter,
                dict(type="PackDomainInputs"),
            ]
        ),
        target=dict(
            pipeline=[
                dict(type="LoadTile"),
                *geometry,
                dict(type="KeepWeakView"),
                jitter,
                dict(type="PackDomainInputs"),
            ],
        ),
    )
)
model = dict(
    alignments=dict(
        self_training=dict(type="SelfTraining", threshold=0.9, mix="class", start=200),
    ),
    teacher=dict(momentum=0.99),
    evaluate="teacher",
)
