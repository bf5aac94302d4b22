# Fine-grained adversarial alignment of the backbone's last feature map (FADA).
_base_ = [
    "../../_base_/models/deeplabv2_r101_street.py",
    "../../_base_/datasets/synthia2cityscapes.py",
    "../../_base_/schedules/adversarial_120k.py",
    "../../_base_/full_runtime.py",
]
model = dict(
    alignments=dict(
        fada=dict(
            type="FADA",
            in_channels=2048,
            num_classes={{_base_.model.segmentor.decode_head.num_classes}},
        )
    )
)
