# SegFormer-B2. Its backbone has layer norm alone and its head group norm, so nothing mixes the
# domains and both go through the network in one pass.
weights = "https://mmassets.onedl.ai/mmsegmentation/v0.5/pretrain/segformer/"
model = dict(
    type="UDASegmentor",
    data_preprocessor=dict(
        type="DomainDataPreprocessor",
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
    ),
    segmentor=dict(
        type="EncoderDecoder",
        backbone=dict(
            type="MixVisionTransformer",
            embed_dims=64,
            num_layers=[3, 4, 6, 3],
            num_heads=[1, 2, 5, 8],
            init_cfg=dict(type="Pretrained", checkpoint=weights + "mit_b2_20220624-66e8bf70.pth"),
        ),
        decode_head=dict(
            type="SegformerHead",
            in_channels=[64, 128, 320, 512],
            in_index=[0, 1, 2, 3],
            channels=256,
            dropout_ratio=0.1,
            num_classes=2,
            norm_cfg=dict(type="GN", num_groups=16, requires_grad=True),
            align_corners=False,
            loss_decode=dict(type="CrossEntropyLoss", avg_non_ignore=True),
        ),
        train_cfg=dict(),
        test_cfg=dict(mode="whole"),
    ),
)
