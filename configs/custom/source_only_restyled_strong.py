# Trained on the source, half of it restyled, with strong augmentation.
_base_ = "source_only_bn.py"
train_dataloader = dict(dataset=dict(source=dict(pipeline={{_base_.restyled_strong_pipeline}})))
