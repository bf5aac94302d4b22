# Trained on the source city alone with batch norm, evaluated on the target city.
_base_ = [
    "../_base_/toy_runtime.py",
    "../_base_/models/toy_unet_bn.py",
    "../_base_/datasets/toy.py",
    "../_base_/schedules/toy.py",
]
train_dataloader = dict(dataset=dict(target=None))
