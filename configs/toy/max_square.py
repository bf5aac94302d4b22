# Maximum squares of the target's predictions alone (MaxSquare).
_base_ = [
    "../_base_/toy_runtime.py",
    "../_base_/models/toy_unet.py",
    "../_base_/datasets/toy.py",
    "../_base_/schedules/toy.py",
]
model = dict(alignments=dict(certain=dict(type="MaxSquare", weights=dict(decode=0.1), start=200)))
