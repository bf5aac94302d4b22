# CyCADA: translated source images and feature-level alignment.
_base_ = [
    "../../_base_/models/deeplabv2_vgg16_street.py",
    "../../_base_/datasets/gta52cityscapes_two_step.py",
    "../../_base_/schedules/adversarial_120k.py",
    "../../_base_/full_runtime.py",
]
model = dict(
    alignments=dict(feature=dict(type="FeatureAdversarial", in_channels=1024, weight=0.001))
)
