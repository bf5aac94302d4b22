# DeepLab-v3+ on ResNet-50 with the self-training recipe, on one GPU.
_base_ = [
    "../_base_/custom_gpu_runtime.py",
    "../_base_/models/deeplabv3plus_r50.py",
    "../_base_/datasets/custom_gpu.py",
    "../_base_/schedules/custom_20k.py",
]
train_dataloader = dict(dataset={{_base_.adapted_data}})
model = {{_base_.adapted_model_20k}}
val_cfg = None  # the target needs no labels for training
