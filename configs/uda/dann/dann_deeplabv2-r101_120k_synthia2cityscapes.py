# Domain-adversarial training of the backbone's last feature map by gradient reversal (DANN).
_base_ = [
    "../../_base_/models/deeplabv2_r101_street.py",
    "../../_base_/datasets/synthia2cityscapes.py",
    "../../_base_/schedules/adversarial_120k.py",
    "../../_base_/full_runtime.py",
]
model = dict(alignments=dict(reversal=dict(type="DomainReversal", in_channels=2048, weight=0.001)))
