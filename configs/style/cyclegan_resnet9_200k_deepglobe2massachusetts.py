# CycleGAN between the roads datasets, DeepGlobe to Massachusetts.
_base_ = "cyclegan_resnet9_200k_massachusetts2inria.py"
data_root = "{{$MMDA_DATA_ROOT:data}}"
source_root = data_root + "/deepglobe"
target_root = data_root + "/massachusetts_roads"
train_dataloader = dict(
    dataset=dict(
        source=dict(type="RoadDataset", data_root=source_root),
        target=dict(type="RoadDataset", data_root=target_root),
    )
)
