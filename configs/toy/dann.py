# Gradient reversal alone (DANN), on the features that feature_level.py aligns.
_base_ = [
    "../_base_/toy_runtime.py",
    "../_base_/models/toy_unet.py",
    "../_base_/datasets/toy.py",
    "../_base_/schedules/toy.py",
]
model = dict(
    alignments=dict(
        reversal=dict(type="DomainReversal", in_channels=96, index=0, weight=0.01, start=200)
    )
)
