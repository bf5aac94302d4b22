# Easy target tiles, with pseudo-labels of output_space_entropy.py, and hard ones (IntraDA).
# ../uda/intrada/README.md says how the labels are written.
_base_ = "output_space_entropy.py"
easy_root = "{{$MMDA_TOY_ROOT:data/toy/buildings}}/easy"
train_dataloader = dict(
    dataset=dict(
        source=dict(data_root=easy_root),
        target=dict(only_tiles=easy_root + "/hard.txt"),
    )
)
