# Output space, pixel level and pseudo-labels (fusion, Fu).
_base_ = [
    "../../_base_/models/deeplabv2_r101_street.py",
    "../../_base_/datasets/synthia2cityscapes_pixel_two_step.py",
    "../../_base_/schedules/patch_two_step_120k.py",
    "../../_base_/two_step_runtime.py",
]
num_classes = {{_base_.model.segmentor.decode_head.num_classes}}
model = dict(
    alignments=dict(
        output=dict(type="OutputAdversarial", num_classes=num_classes, weights=dict(decode=0.001)),
        pseudo=dict(type="PseudoLabels", start={{_base_.second_step}}),
    )
)
