# Self-training in two steps: at the second one's first iteration the hook labels the target's
# training set, with min(0.9, median of a class's confidence) as each class's threshold. The
# checkpoint interval divides that iteration, so that a run killed in the sweep goes on from there.
_base_ = "full_runtime.py"
custom_hooks = [
    dict(type="TeacherEMAHook"),
    dict(type="PseudoLabelHook", thresholds="median", num_workers=4),
]
