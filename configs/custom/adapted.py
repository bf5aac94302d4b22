# The self-training recipe with a small network, for a CPU.
_base_ = [
    "../_base_/custom_runtime.py",
    "../_base_/models/toy_r18.py",
    "../_base_/datasets/custom.py",
    "../_base_/schedules/toy.py",
]
train_dataloader = dict(dataset={{_base_.adapted_data}})
model = {{_base_.adapted_model}}
val_cfg = None  # the target needs no labels for training
