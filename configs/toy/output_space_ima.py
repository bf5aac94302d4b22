# Output-space adversarial alignment of source tiles in the target's look (IMA).
_base_ = "output_space.py"
train_dataloader = dict(dataset=dict(source=dict(pipeline={{_base_.ima_pipeline}})))
