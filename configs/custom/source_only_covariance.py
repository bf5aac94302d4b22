# Trained on the source, half of it with the covariance of the target's bands.
_base_ = "source_only_bn.py"
train_dataloader = dict(dataset=dict(source=dict(pipeline={{_base_.covariance_pipeline}})))
