# The 19 classes of Cityscapes.
_base_ = "fcn_hrnet-w48.py"
model = dict(segmentor=dict(decode_head=dict(num_classes=19)))
