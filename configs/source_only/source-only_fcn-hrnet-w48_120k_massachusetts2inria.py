# Trained on the source alone, evaluated on the target.
_base_ = [
    "../_base_/models/fcn_hrnet-w48.py",
    "../_base_/datasets/massachusetts2inria.py",
    "../_base_/schedules/adversarial_120k.py",
    "../_base_/full_runtime.py",
]
train_dataloader = dict(dataset=dict(target=None))
