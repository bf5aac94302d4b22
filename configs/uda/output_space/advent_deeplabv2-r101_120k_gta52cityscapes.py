# Alignment of both heads' entropy maps (AdvEnt).
_base_ = [
    "../../_base_/models/deeplabv2_r101_multi_street.py",
    "../../_base_/datasets/gta52cityscapes.py",
    "../../_base_/schedules/adversarial_120k.py",
    "../../_base_/full_runtime.py",
]
model = dict(
    alignments=dict(
        output=dict(
            type="OutputAdversarial",
            num_classes={{_base_.model.segmentor.decode_head.num_classes}},
            maps="entropy",
            weights=dict(decode=0.001, aux=0.0002),
        )
    )
)
