# The 19 classes of Cityscapes.
_base_ = "deeplabv3plus_r101.py"
model = dict(segmentor=dict(decode_head=dict(num_classes=19)))
