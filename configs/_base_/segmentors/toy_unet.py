# A small U-Net with features at 1/2 to 1/8 resolution: trains from scratch in minutes on a CPU.
# Group norm keeps the domains apart, so both go through the network in one pass.
norm_cfg = dict(type="GN", num_groups=8, requires_grad=True)
input_statistics = dict(
    type="DomainDataPreprocessor",
    mean=[123.675, 116.28, 103.53],
    std=[58.395, 57.12, 57.375],
    size_divisor=8,
)
segmentor = dict(
    type="EncoderDecoder",
    backbone=dict(
        type="UNet",
        base_channels=24,
        num_stages=3,
        strides=(2, 1, 1),
        enc_num_convs=(2, 2, 3),
        dec_num_convs=(2, 2),
        downsamples=(True, True),
        enc_dilations=(1, 1, 2),
        dec_dilations=(1, 1),
        norm_cfg=norm_cfg,
        upsample_cfg=dict(type="InterpConv"),
    ),
    decode_head=dict(
        type="FCNHead",
        in_channels=24,
        in_index=-1,
        channels=24,
        num_convs=1,
        kernel_size=1,
        concat_input=False,
        dropout_ratio=0.1,
        num_classes=2,
        norm_cfg=norm_cfg,
        align_corners=False,
        loss_decode=dict(type="CrossEntropyLoss", avg_non_ignore=True),
    ),
    train_cfg=dict(),
    test_cfg=dict(mode="whole"),
)
