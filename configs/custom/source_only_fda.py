# Trained on the source, half of it with the low frequencies of target tiles (FDA).
_base_ = "source_only_bn.py"
train_dataloader = dict(dataset=dict(source=dict(pipeline={{_base_.fda_pipeline}})))
