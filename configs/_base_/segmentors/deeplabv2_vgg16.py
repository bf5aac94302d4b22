# DeepLab-v2 on VGG-16, the smaller network of the AdaptSegNet lineage: output stride 8 and a
# dilated classifier on fc7. It has no batch norm, so both domains go through it in one pass.
input_statistics = dict(
    type="DomainDataPreprocessor",
    mean=[123.675, 116.28, 103.53],
    std=[58.395, 57.12, 57.375],
)
segmentor = dict(
    type="EncoderDecoder",
    backbone=dict(
        type="DeepLabVGG16",
        init_cfg=dict(
            type="Pretrained",
            checkpoint="https://download.pytorch.org/models/vgg16-397923af.pth",
        ),
    ),
    decode_head=dict(
        type="DeepLabV2Head",
        in_channels=1024,
        in_index=1,
        num_classes=2,
        align_corners=False,
        loss_decode=dict(type="CrossEntropyLoss", avg_non_ignore=True),
    ),
    train_cfg=dict(),
    test_cfg=dict(mode="whole"),
)
