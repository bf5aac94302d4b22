# From the target's easy tiles, with pseudo-labels, to its hard ones (IntraDA). README.md says how
# the labels are written.
_base_ = "../output_space/advent_deeplabv2-r101_120k_massachusetts2deepglobe.py"
source_root = "{{$MMDA_DATA_ROOT:data}}/massachusetts2deepglobe_easy"
train_dataloader = dict(
    dataset=dict(
        source=dict(data_root=source_root),
        target=dict(only_tiles=source_root + "/hard.txt"),
    )
)
