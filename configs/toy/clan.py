# Category-level adversarial alignment by two classifiers alone (CLAN), beside output_space.py.
_base_ = [
    "../_base_/toy_runtime.py",
    "../_base_/models/toy_unet.py",
    "../_base_/datasets/toy.py",
    "../_base_/schedules/toy.py",
]
model = dict(
    segmentor=dict(type="TwinEncoderDecoder", auxiliary_head=_base_.model.segmentor.decode_head),
    alignments=dict(
        clan=dict(
            type="CLAN",
            num_classes=2,
            part="conv_seg",
            weights=dict(adv=0.1, discrepancy=0.01),
            discriminator=dict(channels=32, num_layers=4),
            input_scale=0.5,
            damping=_base_.max_iters,
            start=200,
        )
    ),
)
optim_wrapper = dict(optimizers=dict(discriminator=dict(optimizer=dict(lr=1e-3))))
