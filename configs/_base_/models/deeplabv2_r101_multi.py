# With a second, auxiliary classifier on layer 3, for methods that align two levels.
_base_ = "deeplabv2_r101.py"
model = dict(
    segmentor=dict(
        auxiliary_head=dict(
            type="DeepLabV2Head",
            in_channels=1024,
            in_index=2,
            num_classes=2,
            align_corners=False,
            loss_decode=dict(type="CrossEntropyLoss", avg_non_ignore=True, loss_weight=0.1),
        ),
    ),
)
