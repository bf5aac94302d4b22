# Self-training in two steps: at the second one's first iteration the hook labels the target's
# training set, with min(0.9, median of a class's confidence) as each class's threshold. As in
# public code, softmax maps are resized to the tile, not logits. The checkpoint interval divides
# that iteration, so that a run killed in the sweep goes on from there.
_base_ = "full_runtime.py"
custom_hooks = [
    dict(type="TeacherEMAHook"),
    dict(type="PseudoLabelHook", thresholds="median", softmax="before", num_workers=4),
    dict(type="GradientShareHook", interval=5000),
]
