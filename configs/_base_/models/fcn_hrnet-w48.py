# FCN on HRNet-W48 (HRNetV2): four resolutions, 1/4 to 1/32, side by side and concatenated. Batch
# norm keeps ImageNet's statistics, scale and shift, and the head, which starts from random weights,
# has group norm (16 groups divide its 720 channels): nothing mixes the domains.
norm_cfg = dict(type="BN", requires_grad=False)
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
            type="HRNet",
            norm_cfg=norm_cfg,
            norm_eval=True,
            extra=dict(
                stage1=dict(
                    num_modules=1,
                    num_branches=1,
                    block="BOTTLENECK",
                    num_blocks=(4,),
                    num_channels=(64,),
                ),
                stage2=dict(
                    num_modules=1,
                    num_branches=2,
                    block="BASIC",
                    num_blocks=(4, 4),
                    num_channels=(48, 96),
                ),
                stage3=dict(
                    num_modules=4,
                    num_branches=3,
                    block="BASIC",
                    num_blocks=(4, 4, 4),
                    num_channels=(48, 96, 192),
                ),
                stage4=dict(
                    num_modules=3,
                    num_branches=4,
                    block="BASIC",
                    num_blocks=(4, 4, 4, 4),
                    num_channels=(48, 96, 192, 384),
                ),
            ),
            init_cfg=dict(type="Pretrained", checkpoint="open-mmlab://msra/hrnetv2_w48"),
        ),
        decode_head=dict(
            type="FCNHead",
            in_channels=[48, 96, 192, 384],
            in_index=[0, 1, 2, 3],
            input_transform="resize_concat",
            channels=720,
            kernel_size=1,
            num_convs=1,
            concat_input=False,
            dropout_ratio=-1,
            num_classes=2,
            norm_cfg=dict(type="GN", num_groups=16, requires_grad=True),
            align_corners=False,
            loss_decode=dict(type="CrossEntropyLoss", avg_non_ignore=True),
        ),
        train_cfg=dict(),
        test_cfg=dict(mode="whole"),
    ),
)
