# Pixel-level adaptation alone: translated images beside the source's (Pi).
_base_ = [
    "../../_base_/models/deeplabv2_r101_street.py",
    "../../_base_/datasets/synthia2cityscapes_pixel.py",
    "../../_base_/schedules/adversarial_120k.py",
    "../../_base_/full_runtime.py",
]
train_dataloader = dict(dataset=dict(target=None))
