# Class-balanced self-training: of each class the most confident 20 % of the pixels become labels.
_base_ = "full_runtime.py"
custom_hooks = [
    dict(type="TeacherEMAHook"),
    dict(type="PseudoLabelHook", thresholds="balanced:0.2", softmax="before", num_workers=4),
]
