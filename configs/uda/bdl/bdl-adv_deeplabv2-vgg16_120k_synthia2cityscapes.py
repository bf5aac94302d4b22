# BDL's first training of a round: translated source images, output-space alignment.
_base_ = [
    "../../_base_/models/deeplabv2_vgg16_street.py",
    "../../_base_/datasets/synthia2cityscapes_two_step.py",
    "../../_base_/schedules/adversarial_120k.py",
    "../../_base_/full_runtime.py",
]
model = dict(
    alignments=dict(
        output=dict(
            type="OutputAdversarial",
            num_classes={{_base_.model.segmentor.decode_head.num_classes}},
            weights=dict(decode=0.001),
        ),
    )
)
