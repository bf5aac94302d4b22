# Adversarial alignment of the backbone's last feature map.
_base_ = [
    "../../_base_/models/deeplabv2_r101.py",
    "../../_base_/datasets/massachusetts2deepglobe.py",
    "../../_base_/schedules/adversarial_120k.py",
    "../../_base_/full_runtime.py",
]
model = dict(
    alignments=dict(feature=dict(type="FeatureAdversarial", in_channels=2048, weight=0.001))
)
