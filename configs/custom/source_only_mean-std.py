# Trained on the source, half of it with the target's mean and deviation per band.
_base_ = "source_only_bn.py"
train_dataloader = dict(dataset=dict(source=dict(pipeline={{_base_.mean_std_pipeline}})))
