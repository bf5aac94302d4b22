# SYNTHIA -> Cityscapes with translated images beside the source's, and pseudo-labels of the target.
_base_ = "synthia2cityscapes_pixel.py"
load, size, flip, pack = {{_base_.load}}, {{_base_.target_size}}, {{_base_.flip}}, {{_base_.pack}}
train_dataloader = dict(
    dataset=dict(target=dict(pipeline=[load, dict(type="LoadPseudoLabel"), size, flip, pack]))
)
