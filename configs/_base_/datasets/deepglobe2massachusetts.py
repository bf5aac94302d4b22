# Roads, DeepGlobe (0.5 m) -> Massachusetts (1 m), tiles of 512 x 512 at each set's own resolution.
_base_ = "massachusetts2inria.py"
data_root = "{{$MMDA_DATA_ROOT:data}}"
source_root = data_root + "/deepglobe"
target_root = data_root + "/massachusetts_roads"
train_dataloader = dict(
    dataset=dict(
        source=dict(type="RoadDataset", data_root=source_root),
        target=dict(type="RoadDataset", data_root=target_root),
    )
)
val_dataloader = dict(dataset=dict(type="RoadDataset", data_root=target_root))
test_dataloader = dict(dataset=dict(type="RoadDataset", data_root=target_root, split="test"))
