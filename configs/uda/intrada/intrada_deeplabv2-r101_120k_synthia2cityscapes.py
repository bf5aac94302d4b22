# From the target's easy tiles, with pseudo-labels, to its hard ones (IntraDA). README.md says how
# the labels are written.
_base_ = "../output_space/advent_deeplabv2-r101_120k_synthia2cityscapes.py"
source_root = "{{$MMDA_DATA_ROOT:data}}/synthia2cityscapes_easy"
easy_pipeline = [_base_.load, _base_.target_size, _base_.flip, _base_.pack]
train_dataloader = dict(
    dataset=dict(
        source=dict(data_root=source_root, pipeline=easy_pipeline),
        target=dict(only_tiles=source_root + "/hard.txt"),
    )
)
