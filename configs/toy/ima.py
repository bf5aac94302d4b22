# Trained on the source city in the target city's radiometry and at its scale (IMA), evaluated on
# the target city.
_base_ = "source_only.py"
train_dataloader = dict(dataset=dict(source=dict(pipeline={{_base_.ima_pipeline}})))
