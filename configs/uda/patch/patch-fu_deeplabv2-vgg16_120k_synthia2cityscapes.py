# Fusion and patch-level alignment (Fu + patch).
_base_ = [
    "../../_base_/models/deeplabv2_vgg16_street.py",
    "../../_base_/datasets/synthia2cityscapes_pixel_two_step.py",
    "../../_base_/schedules/patch_two_step_120k.py",
    "../../_base_/patch_two_step_runtime.py",
]
num_classes = {{_base_.model.segmentor.decode_head.num_classes}}
model = dict(
    alignments=dict(
        output=dict(type="OutputAdversarial", num_classes=num_classes, weights=dict(decode=0.001)),
        patch=dict(type="PatchAlignment", num_classes=num_classes, num_modes=50, start=10_000),
        pseudo=dict(type="PseudoLabels", start={{_base_.second_step}}),
    )
)
