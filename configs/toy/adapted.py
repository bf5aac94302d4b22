# The self-training recipe, with source images at the target's scale.
_base_ = [
    "../_base_/toy_runtime.py",
    "../_base_/models/toy_unet.py",
    "../_base_/datasets/toy.py",
    "../_base_/schedules/toy.py",
]
train_dataloader = dict(dataset={{_base_.adapted_data}})
model = {{_base_.adapted_model}}
