# Trained on your source alone, with batch norm: what the baselines are measured against.
_base_ = [
    "../_base_/toy_runtime.py",
    "../_base_/models/toy_r18_bn.py",
    "../_base_/datasets/custom_baselines.py",
    "../_base_/schedules/toy.py",
]
train_dataloader = dict(dataset=dict(target=None))
val_cfg = None  # the target needs no labels for training
