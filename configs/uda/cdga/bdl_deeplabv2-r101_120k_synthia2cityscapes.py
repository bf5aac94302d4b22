# BDL's parts without groups: output-space alignment, translated source images, self-training.
_base_ = [
    "../../_base_/models/deeplabv2_r101_street.py",
    "../../_base_/datasets/synthia2cityscapes_translated.py",
    "../../_base_/schedules/adversarial_120k.py",
    "../../_base_/full_runtime.py",
]
model = dict(
    alignments=dict(
        output=dict(
            type="OutputAdversarial",
            num_classes={{_base_.model.segmentor.decode_head.num_classes}},
            weights=dict(decode=0.001),
        ),
        self_training=dict(type="SelfTraining", threshold=0.9, start=40_000),
    ),
    teacher=dict(momentum=0.999),
)
