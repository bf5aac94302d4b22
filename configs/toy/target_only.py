# Trained on the target city's labels: the bound that adaptation is measured against.
_base_ = "source_only.py"
train_dataloader = dict(dataset=dict(source=dict(data_root={{_base_.target_root}})))
