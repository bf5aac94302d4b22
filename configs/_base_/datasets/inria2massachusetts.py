# Buildings, Inria (0.3 m) -> Massachusetts (1 m), tiles of 512 x 512 at each set's own resolution.
_base_ = "massachusetts2inria.py"
data_root = "{{$MMDA_DATA_ROOT:data}}"
source_root = data_root + "/inria"
target_root = data_root + "/massachusetts_buildings"
train_dataloader = dict(
    dataset=dict(
        source=dict(data_root=source_root),
        target=dict(data_root=target_root),
    )
)
val_dataloader = dict(dataset=dict(data_root=target_root))
test_dataloader = dict(dataset=dict(data_root=target_root, split="test"))
