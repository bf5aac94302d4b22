_base_ = "toy_buildings.py"
data_root = "{{$MMDA_TOY_ROOT:data/toy}}"
source_root = data_root + "/roads/source"
target_root = data_root + "/roads/target"
train_dataloader = dict(
    dataset=dict(
        source=dict(type="RoadDataset", data_root=source_root),
        target=dict(type="RoadDataset", data_root=target_root),
    )
)
val_dataloader = dict(dataset=dict(type="RoadDataset", data_root=target_root))
test_dataloader = dict(dataset=dict(type="RoadDataset", data_root=target_root))
