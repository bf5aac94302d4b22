# CDGA on BDL's base: source images in the target's look, and self-training.
_base_ = [
    "../../_base_/models/deeplabv2_r101_street.py",
    "../../_base_/datasets/gta52cityscapes_translated.py",
    "../../_base_/schedules/adversarial_120k.py",
    "../../_base_/cdga_runtime.py",
]
model = dict(
    alignments=dict(
        cdga=dict(
            type="GroupAlignment",
            num_classes={{_base_.model.segmentor.decode_head.num_classes}},
        ),
        self_training=dict(type="SelfTraining", threshold=0.9, start=40_000),
    ),
    teacher=dict(momentum=0.999),
)
