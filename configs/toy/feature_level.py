# Feature-level adversarial alignment alone.
_base_ = [
    "../_base_/toy_runtime.py",
    "../_base_/models/toy_unet.py",
    "../_base_/datasets/toy.py",
    "../_base_/schedules/toy.py",
]
model = dict(
    alignments=dict(
        feature=dict(type="FeatureAdversarial", in_channels=96, index=0, weight=0.01, start=200)
    )
)
