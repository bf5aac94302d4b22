# BDL's parts without groups: output-space alignment, translated source images, self-training.
_base_ = "../output_space/single-level_deeplabv2-r101_120k_synthia2cityscapes.py"
source_root = {{_base_.source_root}}
target_root = {{_base_.target_root}}
train_dataloader = dict(
    dataset=dict(
        source=dict(
            pipeline=[
                dict(type="LoadTile"),
                dict(type="MatchDomain", source=source_root, target=target_root),
                {{_base_.source_size}},
                {{_base_.flip}},
                {{_base_.pack}},
            ]
        )
    )
)
model = dict(
    alignments=dict(self_training=dict(type="SelfTraining", threshold=0.9, start=40_000)),
    teacher=dict(momentum=0.999),
)
