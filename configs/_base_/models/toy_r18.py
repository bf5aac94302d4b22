# A ResNet-18 of width 32 with features of all stages at 1/4 resolution: trains from scratch in
# minutes on a CPU. Group norm keeps the domains apart, so both go through the network in one pass.
norm_cfg = dict(type="GN", num_groups=8, requires_grad=True)
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
            type="ResNet",
            depth=18,
            base_channels=32,
            num_stages=4,
            strides=(1, 2, 2, 2),
            norm_cfg=norm_cfg,
            norm_eval=False,
        ),
        decode_head=dict(
            type="FCNHead",
            in_channels=[32, 64, 128, 256],
            in_index=[0, 1, 2, 3],
            input_transform="resize_concat",
            channels=64,
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
    ),
)
