# Self-training in two steps, and the modes of the source's label patches before the first.
_base_ = "full_runtime.py"
custom_hooks = [
    dict(type="TeacherEMAHook"),
    dict(type="PatchModesHook", images=500),
    dict(type="PseudoLabelHook", thresholds="median", softmax="before", num_workers=4),
]
