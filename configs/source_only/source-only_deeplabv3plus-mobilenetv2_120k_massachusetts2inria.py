# Trained on the source alone, evaluated on the target.
_base_ = [
    "../_base_/models/deeplabv3plus_mobilenetv2.py",
    "../_base_/datasets/massachusetts2inria.py",
    "../_base_/schedules/adversarial_120k.py",
    "../_base_/full_runtime.py",
]
train_dataloader = dict(dataset=dict(target=None))
