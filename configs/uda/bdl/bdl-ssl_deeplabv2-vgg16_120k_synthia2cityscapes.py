# BDL's further trainings of a round: with pseudo-labels, which the model that it starts from
# (`load_from`) gives to the target before the first iteration.
_base_ = [
    "../../_base_/models/deeplabv2_vgg16_street.py",
    "../../_base_/datasets/synthia2cityscapes_two_step.py",
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
        pseudo=dict(type="PseudoLabels"),
    )
)
custom_hooks = [
    dict(type="TeacherEMAHook"),
    dict(type="PseudoLabelHook", thresholds="fixed:0.9", softmax="before", num_workers=4),
]
