# Cityscapes -> RobotCar with translated images beside the source's, and the target's pseudo-labels.
_base_ = "cityscapes2robotcar.py"
load, flip, pack = {{_base_.load}}, {{_base_.flip}}, {{_base_.pack}}
own = dict(
    type="TiledDataset",
    data_root={{_base_.source_root}},
    class_map={{_base_.class_map}},
    metainfo={{_base_.nine}},
    pipeline=[load, {{_base_.source_size}}, flip, pack],
)
translated = dict(own, data_root="{{$MMDA_DATA_ROOT:data}}/cityscapes_as_robotcar")
size = {{_base_.target_size}}
train_dataloader = dict(
    dataset=dict(
        source=dict(_delete_=True, type="ConcatDataset", datasets=[own, translated]),
        target=dict(pipeline=[load, dict(type="LoadPseudoLabel"), size, flip, pack]),
    )
)
