# DeepLab-v3+ on ResNet-50, with the auxiliary classifier.
_base_ = "deeplabv3plus_r101_multi.py"
model = dict(
    segmentor=dict(
        backbone=dict(depth=50, init_cfg=dict(checkpoint="open-mmlab://resnet50_v1c")),
    )
)
