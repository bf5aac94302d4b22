# The nine classes that Cityscapes shares with Oxford RobotCar.
_base_ = "deeplabv2_r101.py"
model = dict(segmentor=dict(decode_head=dict(num_classes=9)))
