# Trained on the source alone, evaluated on the target.
_base_ = [
    "../_base_/models/deeplabv2_r101_nine.py",
    "../_base_/datasets/cityscapes2robotcar.py",
    "../_base_/schedules/adversarial_120k.py",
    "../_base_/full_runtime.py",
]
train_dataloader = dict(dataset=dict(target=None))
val_cfg = None  # no labels to validate on
