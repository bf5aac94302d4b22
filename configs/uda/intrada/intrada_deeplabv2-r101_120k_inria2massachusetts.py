# From the target's easy tiles, with pseudo-labels, to its hard ones (IntraDA). README.md says how
# the labels are written.
_base_ = "../output_space/advent_deeplabv2-r101_120k_inria2massachusetts.py"
source_root = "{{$MMDA_DATA_ROOT:data}}/inria2massachusetts_easy"
train_dataloader = dict(
    dataset=dict(
        source=dict(data_root=source_root),
        target=dict(only_tiles=source_root + "/hard.txt"),
    )
)
