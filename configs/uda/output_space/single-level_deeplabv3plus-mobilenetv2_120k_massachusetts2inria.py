# Output-space alignment of the main head (AdaptSegNet, single level).
_base_ = [
    "../../_base_/models/deeplabv3plus_mobilenetv2.py",
    "../../_base_/datasets/massachusetts2inria.py",
    "../../_base_/schedules/adversarial_120k.py",
    "../../_base_/full_runtime.py",
]
model = dict(
    alignments=dict(
        output=dict(
            type="OutputAdversarial",
            num_classes={{_base_.model.segmentor.decode_head.num_classes}},
            weights=dict(decode=0.001),
        )
    )
)
