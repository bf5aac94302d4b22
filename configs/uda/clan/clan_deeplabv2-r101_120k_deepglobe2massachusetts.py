# Category-level adversarial alignment by two classifiers (CLAN).
_base_ = [
    "../../_base_/models/deeplabv2_r101_twin.py",
    "../../_base_/datasets/deepglobe2massachusetts.py",
    "../../_base_/schedules/adversarial_120k.py",
    "../../_base_/full_runtime.py",
]
model = dict(
    alignments=dict(
        clan=dict(
            type="CLAN",
            num_classes=_base_.model.segmentor.decode_head.num_classes,
            local_start=_base_.max_iters // 20,
            damping=_base_.max_iters,
        )
    )
)
