# Pseudo-labels and patch-level alignment (Ps + patch).
_base_ = [
    "../../_base_/models/deeplabv2_r101_street.py",
    "../../_base_/datasets/synthia2cityscapes_pseudo.py",
    "../../_base_/schedules/patch_two_step_120k.py",
    "../../_base_/patch_two_step_runtime.py",
]
num_classes = {{_base_.model.segmentor.decode_head.num_classes}}
model = dict(
    alignments=dict(
        patch=dict(type="PatchAlignment", num_classes=num_classes, num_modes=50, start=10_000),
        pseudo=dict(type="PseudoLabels", start={{_base_.second_step}}),
    )
)
