# One round of class-balanced self-training alone (CBST), in the second half.
_base_ = [
    "../_base_/toy_runtime.py",
    "../_base_/models/toy_unet.py",
    "../_base_/datasets/toy.py",
    "../_base_/schedules/toy.py",
]
target_pipeline = [_base_.load, dict(type="LoadPseudoLabel"), *_base_.geometry, _base_.pack]
train_dataloader = dict(dataset=dict(target=dict(pipeline=target_pipeline)))
model = dict(alignments=dict(pseudo=dict(type="PseudoLabels", start=400)))
custom_hooks = [
    dict(type="TeacherEMAHook"),
    dict(type="PseudoLabelHook", thresholds="balanced:0.2", softmax="before"),
]
