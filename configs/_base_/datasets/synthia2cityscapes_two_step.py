# Street scenes, SYNTHIA -> Cityscapes, for training in two steps: source images that
# `mmda translate` has given the target's look, and a target with pseudo-labels from the second
# step on.
_base_ = "synthia2cityscapes.py"
source_root = "{{$MMDA_DATA_ROOT:data}}/synthia_as_cityscapes"
load, size, flip, pack = {{_base_.load}}, {{_base_.target_size}}, {{_base_.flip}}, {{_base_.pack}}
train_dataloader = dict(
    dataset=dict(
        source=dict(data_root=source_root),
        target=dict(pipeline=[load, dict(type="LoadPseudoLabel"), size, flip, pack]),
    )
)
