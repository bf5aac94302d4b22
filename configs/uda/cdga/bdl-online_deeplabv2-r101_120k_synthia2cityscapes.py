# BDL's parts in one training, without groups: output-space alignment, source images in the target's
# colours, and a mean teacher in place of rounds of translation and pseudo-labels (../bdl).
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
