# Maximum squares with image-wise class weights (MaxSquare + IW), main head.
_base_ = [
    "../../_base_/models/deeplabv2_r101_street.py",
    "../../_base_/datasets/synthia2cityscapes.py",
    "../../_base_/schedules/adversarial_120k.py",
    "../../_base_/full_runtime.py",
]
model = dict(alignments=dict(certain=dict(type="MaxSquare", weights=dict(decode=0.2 / 19))))
