# Trained on the source, half of it restyled by one of the three ways at random.
_base_ = "source_only_bn.py"
train_dataloader = dict(dataset=dict(source=dict(pipeline={{_base_.restyled_pipeline}})))
