# Patch-level alignment, GTA5 -> Cityscapes, as published.
_base_ = [
    "../../_base_/models/deeplabv2_vgg16_street.py",
    "../../_base_/datasets/gta52cityscapes.py",
    "../../_base_/schedules/patch_120k.py",
    "../../_base_/patch_runtime.py",
]
num_classes = {{_base_.model.segmentor.decode_head.num_classes}}
model = dict(
    alignments=dict(
        patch=dict(type="PatchAlignment", num_classes=num_classes, num_modes=50, start=10_000),
    )
)
