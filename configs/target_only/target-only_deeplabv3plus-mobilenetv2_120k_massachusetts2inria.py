# Trained on the target's labels: the bound that adaptation is measured against.
_base_ = "../source_only/source-only_deeplabv3plus-mobilenetv2_120k_massachusetts2inria.py"
train_dataloader = dict(dataset=dict(source=dict(data_root={{_base_.target_root}})))
