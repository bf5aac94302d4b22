# Trained on the target city's labels with batch norm: the upper bound of AdaBN.
_base_ = "source_only_bn.py"
train_dataloader = dict(dataset=dict(source=dict(data_root={{_base_.target_root}})))
