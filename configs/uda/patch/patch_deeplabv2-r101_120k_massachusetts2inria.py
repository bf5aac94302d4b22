# Patch-level alignment. Two classes have fewer kinds of patches than 19: 16 modes.
_base_ = [
    "../../_base_/models/deeplabv2_r101.py",
    "../../_base_/datasets/massachusetts2inria.py",
    "../../_base_/schedules/patch_120k.py",
    "../../_base_/patch_runtime.py",
]
num_classes = {{_base_.model.segmentor.decode_head.num_classes}}
model = dict(
    alignments=dict(
        patch=dict(type="PatchAlignment", num_classes=num_classes, num_modes=16, start=10_000)
    )
)
