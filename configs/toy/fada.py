# Fine-grained adversarial alignment alone (FADA), on the features that feature_level.py aligns.
_base_ = [
    "../_base_/toy_runtime.py",
    "../_base_/models/toy_unet.py",
    "../_base_/datasets/toy.py",
    "../_base_/schedules/toy.py",
]
model = dict(
    alignments=dict(
        fada=dict(
            type="FADA",
            in_channels=96,
            num_classes=2,
            index=0,
            weight=0.01,
            discriminator=dict(channels=64),
            start=200,
        )
    )
)
