# Trained on the target's labels: the bound that adaptation is measured against.
_base_ = "../source_only/source-only_deeplabv2-vgg16_120k_synthia2cityscapes.py"
load, size = {{_base_.load}}, {{_base_.target_size}}
flip, pack = {{_base_.flip}}, {{_base_.pack}}
train_dataloader = dict(
    dataset=dict(source=dict(data_root={{_base_.target_root}}, pipeline=[load, size, flip, pack]))
)
