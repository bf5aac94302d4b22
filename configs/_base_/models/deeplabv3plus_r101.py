# DeepLab-v3+ on the same ResNet-101. Its decode head starts from random weights, where batch norm
# would need batch statistics, which mix the domains (and fail in the image pooling at batch size
# 1): group norm instead. 16 groups divide all its widths, the low-level branch's 48 among them.
_base_ = "deeplabv2_r101.py"
model = dict(
    segmentor=dict(
        decode_head=dict(
            _delete_=True,
            type="DepthwiseSeparableASPPHead",
            in_channels=2048,
            in_index=3,
            channels=512,
            dilations=(1, 12, 24, 36),
            c1_in_channels=256,
            c1_channels=48,
            dropout_ratio=0.1,
            num_classes=2,
            norm_cfg=dict(type="GN", num_groups=16, requires_grad=True),
            align_corners=False,
            loss_decode=dict(type="CrossEntropyLoss", avg_non_ignore=True),
        ),
    ),
)
