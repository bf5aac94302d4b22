# Output-space adversarial alignment alone (AdaptSegNet).
_base_ = [
    "../_base_/toy_runtime.py",
    "../_base_/models/toy_unet.py",
    "../_base_/datasets/toy.py",
    "../_base_/schedules/toy.py",
]
model = dict(
    alignments=dict(
        output=dict(
            type="OutputAdversarial",
            num_classes=2,
            weights=dict(decode=0.1),
            discriminator=dict(type="PixelDiscriminator", channels=32, num_layers=4),
            input_scale=0.5,
            start=200,
        )
    )
)
optim_wrapper = dict(optimizers=dict(discriminator=dict(optimizer=dict(lr=1e-3))))
