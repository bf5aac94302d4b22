# Cross-domain grouping and alignment (CDGA), K = 8 groups.
_base_ = [
    "../../_base_/models/deeplabv2_r101_street.py",
    "../../_base_/datasets/synthia2cityscapes.py",
    "../../_base_/schedules/adversarial_120k.py",
    "../../_base_/cdga_runtime.py",
]
model = dict(
    alignments=dict(
        cdga=dict(
            type="GroupAlignment",
            num_classes={{_base_.model.segmentor.decode_head.num_classes}},
        )
    )
)
