# DeepLab-v2 on ResNet-101, the network of the AdaptSegNet lineage: output stride 8 and a dilated
# classifier on layer 4. Batch norm keeps ImageNet's statistics,
# scale and shift, so nothing mixes the domains and both go through the network in one pass.
norm_cfg = dict(type="BN", requires_grad=False)
input_statistics = dict(
    type="DomainDataPreprocessor",
    mean=[123.675, 116.28, 103.53],
    std=[58.395, 57.12, 57.375],
)
segmentor = dict(
    type="EncoderDecoder",
    backbone=dict(
        type="ResNetV1c",
        depth=101,
        num_stages=4,
        out_indices=(0, 1, 2, 3),
        strides=(1, 2, 1, 1),
        dilations=(1, 1, 2, 4),
        contract_dilation=True,
        norm_cfg=norm_cfg,
        norm_eval=True,
        init_cfg=dict(type="Pretrained", checkpoint="open-mmlab://resnet101_v1c"),
    ),
    decode_head=dict(
        type="DeepLabV2Head",
        in_channels=2048,
        in_index=3,
        num_classes=2,
        align_corners=False,
        loss_decode=dict(type="CrossEntropyLoss", avg_non_ignore=True),
    ),
    train_cfg=dict(),
    test_cfg=dict(mode="whole"),
)
