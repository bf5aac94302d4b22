# ISIA and AIM, buildings, Inria -> Massachusetts, DeepLab-v3+.
# Tiles have no spatial correspondence, so classes are compared by pooled features; regions of fewer
# than four feature cells are noise rather than buildings.
_base_ = [
    "../../_base_/models/deeplabv3plus_r101.py",
    "../../_base_/datasets/inria2massachusetts_two_step.py",
    "../../_base_/schedules/two_step_120k.py",
    "../../_base_/two_step_runtime.py",
]
num_classes = {{_base_.model.segmentor.decode_head.num_classes}}
model = dict(
    alignments=dict(
        output=dict(type="OutputAdversarial", num_classes=num_classes, weights=dict(decode=0.001)),
        isia=dict(type="ISIA", mode="pooled", weight=0.01),
        aim=dict(
            type="AIM",
            num_classes=num_classes,
            in_channels=2048,
            mode="pooled",
            min_area=4,
            weight=0.001,
        ),
        pseudo=dict(type="PseudoLabels", start={{_base_.second_step}}),
    )
)
