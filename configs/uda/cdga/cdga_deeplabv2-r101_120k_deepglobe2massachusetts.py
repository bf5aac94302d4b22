# Cross-domain grouping and alignment (CDGA), K = 2 groups: as many as classes.
_base_ = [
    "../../_base_/models/deeplabv2_r101.py",
    "../../_base_/datasets/deepglobe2massachusetts.py",
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
