# SYNTHIA -> Cityscapes with pseudo-labels of the target from the second step on.
_base_ = "synthia2cityscapes.py"
load, size, flip, pack = {{_base_.load}}, {{_base_.target_size}}, {{_base_.flip}}, {{_base_.pack}}
train_dataloader = dict(
    dataset=dict(target=dict(pipeline=[load, dict(type="LoadPseudoLabel"), size, flip, pack]))
)
