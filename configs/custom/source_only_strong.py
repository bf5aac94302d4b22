# Trained on the source with strong augmentation of radiometry and scale.
_base_ = "source_only_bn.py"
train_dataloader = dict(dataset=dict(source=dict(pipeline={{_base_.strong_pipeline}})))
