# Output-space alignment of both heads (AdaptSegNet, multi-level).
_base_ = [
    "../../_base_/models/deeplabv3plus_r101_multi_street.py",
    "../../_base_/datasets/synthia2cityscapes.py",
    "../../_base_/schedules/adversarial_120k.py",
    "../../_base_/full_runtime.py",
]
model = dict(
    alignments=dict(
        output=dict(
            type="OutputAdversarial",
            num_classes={{_base_.model.segmentor.decode_head.num_classes}},
            weights=dict(decode=0.001, aux=0.0002),
        )
    )
)
