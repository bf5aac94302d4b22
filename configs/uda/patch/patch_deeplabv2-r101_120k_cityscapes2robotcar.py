# Patch-level alignment, Cityscapes -> RobotCar.
_base_ = [
    "../../_base_/models/deeplabv2_r101_nine.py",
    "../../_base_/datasets/cityscapes2robotcar.py",
    "../../_base_/schedules/patch_120k.py",
    "../../_base_/patch_runtime.py",
]
num_classes = {{_base_.model.segmentor.decode_head.num_classes}}
model = dict(
    alignments=dict(
        patch=dict(type="PatchAlignment", num_classes=num_classes, num_modes=50, start=10_000),
    )
)
val_cfg = None  # no labels to validate on
