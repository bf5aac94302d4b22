# CycleGAN between SYNTHIA and Cityscapes.
_base_ = "cyclegan_resnet9_200k_gta52cityscapes.py"
source_root = "{{$MMDA_DATA_ROOT:data}}" + "/synthia"
train_dataloader = dict(dataset=dict(source=dict(data_root=source_root)))
