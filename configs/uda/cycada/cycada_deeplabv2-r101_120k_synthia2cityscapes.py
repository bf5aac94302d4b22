# CyCADA: translated source images and feature-level alignment.
_base_ = [
    "../../_base_/models/deeplabv2_r101_street.py",
    "../../_base_/datasets/synthia2cityscapes_two_step.py",
    "../../_base_/schedules/adversarial_120k.py",
    "../../_base_/full_runtime.py",
]
model = dict(
    alignments=dict(feature=dict(type="FeatureAdversarial", in_channels=2048, weight=0.001))
)
