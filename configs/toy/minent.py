# Entropy minimisation of the target alone (MinEnt).
_base_ = [
    "../_base_/toy_runtime.py",
    "../_base_/models/toy_unet.py",
    "../_base_/datasets/toy.py",
    "../_base_/schedules/toy.py",
]
model = dict(alignments=dict(certain=dict(type="MinEnt", weights=dict(decode=0.05), start=200)))
