# ISIA and AIM, SYNTHIA -> Cityscapes, DeepLab-v2.
# The things that AIM matches are those of SIM: pole, light, sign, person, rider and vehicles,
# but for truck and train, which SYNTHIA has not.
_base_ = [
    "../../_base_/models/deeplabv2_r101_street.py",
    "../../_base_/datasets/synthia2cityscapes_two_step.py",
    "../../_base_/schedules/two_step_120k.py",
    "../../_base_/two_step_runtime.py",
]
num_classes = {{_base_.model.segmentor.decode_head.num_classes}}
things = [5, 6, 7, 11, 12, 13, 15, 17, 18]
model = dict(
    alignments=dict(
        output=dict(type="OutputAdversarial", num_classes=num_classes, weights=dict(decode=0.001)),
        isia=dict(type="ISIA", mode="flat", reduction="released", weight=0.001),
        aim=dict(
            type="AIM",
            num_classes=num_classes,
            in_channels=2048,
            things=things,
            mode="flat",
            weight=0.001,
        ),
        pseudo=dict(type="PseudoLabels", start={{_base_.second_step}}),
    )
)
