# DeepLab-v3+ on MobileNetV2, the light tier: output stride 8 with 12 of ResNet-101's 254 G
# multiply-adds at 512 x 512. Batch norm keeps ImageNet's statistics, scale and shift; the decode
# head has group norm (16 groups divide its widths).
_base_ = "deeplabv3plus_r101.py"
model = dict(
    segmentor=dict(
        backbone=dict(
            _delete_=True,
            type="MobileNetV2",
            out_indices=(1, 2, 4, 6),
            strides=(1, 2, 2, 1, 1, 1, 1),
            dilations=(1, 1, 1, 2, 2, 4, 4),
            norm_cfg=dict(type="BN", requires_grad=False),
            norm_eval=True,
            init_cfg=dict(type="Pretrained", checkpoint="mmcls://mobilenet_v2"),
        ),
        decode_head=dict(in_channels=320, c1_in_channels=24, channels=128),
    ),
)
