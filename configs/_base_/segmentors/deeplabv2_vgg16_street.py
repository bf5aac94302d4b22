# The 19 classes of Cityscapes.
_base_ = "deeplabv2_vgg16.py"
segmentor = dict(decode_head=dict(num_classes=19))
