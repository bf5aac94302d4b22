# The 19 classes of Cityscapes.
_base_ = "deeplabv2_r101_twin.py"
model = dict(segmentor=dict(decode_head=dict(num_classes=19), auxiliary_head=dict(num_classes=19)))
