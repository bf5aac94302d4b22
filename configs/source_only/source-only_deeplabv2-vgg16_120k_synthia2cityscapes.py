# Trained on the source alone, evaluated on the target.
_base_ = [
    "../_base_/models/deeplabv2_vgg16_street.py",
    "../_base_/datasets/synthia2cityscapes.py",
    "../_base_/schedules/adversarial_120k.py",
    "../_base_/full_runtime.py",
]
train_dataloader = dict(dataset=dict(target=None))
