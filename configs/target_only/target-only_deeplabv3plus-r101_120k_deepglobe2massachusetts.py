# Trained on the target's labels: the bound that adaptation is measured against.
_base_ = "../source_only/source-only_deeplabv3plus-r101_120k_deepglobe2massachusetts.py"
train_dataloader = dict(dataset=dict(source=dict(data_root={{_base_.target_root}})))
