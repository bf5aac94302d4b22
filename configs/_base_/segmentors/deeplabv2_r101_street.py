# The 19 classes of Cityscapes.
_base_ = "deeplabv2_r101.py"
segmentor = dict(decode_head=dict(num_classes=19))
