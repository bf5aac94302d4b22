# Pseudo-labels of the target from the second step on, alone (Ps).
_base_ = [
    "../../_base_/models/deeplabv2_r101_street.py",
    "../../_base_/datasets/synthia2cityscapes_pseudo.py",
    "../../_base_/schedules/patch_two_step_120k.py",
    "../../_base_/two_step_runtime.py",
]
num_classes = {{_base_.model.segmentor.decode_head.num_classes}}
model = dict(
    alignments=dict(
        pseudo=dict(type="PseudoLabels", start={{_base_.second_step}}),
    )
)
