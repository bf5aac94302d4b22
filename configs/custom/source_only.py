# Trained on your source alone: what adaptation is measured against.
_base_ = [
    "../_base_/custom_runtime.py",
    "../_base_/models/toy_r18.py",
    "../_base_/datasets/custom.py",
    "../_base_/schedules/toy.py",
]
train_dataloader = dict(dataset=dict(target=None))
val_cfg = None  # the target needs no labels for training
