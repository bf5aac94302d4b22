# CycleGAN between the buildings datasets, the other way round.
_base_ = "cyclegan_resnet9_200k_massachusetts2inria.py"
data_root = "{{$MMDA_DATA_ROOT:data}}"
source_root = data_root + "/inria"
target_root = data_root + "/massachusetts_buildings"
train_dataloader = dict(
    dataset=dict(source=dict(data_root=source_root), target=dict(data_root=target_root))
)
