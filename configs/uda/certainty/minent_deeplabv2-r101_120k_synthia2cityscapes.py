# Entropy minimisation of both heads (MinEnt).
_base_ = [
    "../../_base_/models/deeplabv2_r101_multi_street.py",
    "../../_base_/datasets/synthia2cityscapes.py",
    "../../_base_/schedules/adversarial_120k.py",
    "../../_base_/full_runtime.py",
]
model = dict(alignments=dict(certain=dict(type="MinEnt", weights=dict(decode=0.001, aux=0.0002))))
