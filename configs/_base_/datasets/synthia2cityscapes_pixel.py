# SYNTHIA -> Cityscapes with the source's images and, beside them, those that `mmda translate` has
# given the target's look: pixel-level adaptation. They have the same labels.
_base_ = "synthia2cityscapes.py"
pipeline = [{{_base_.load}}, {{_base_.source_size}}, {{_base_.flip}}, {{_base_.pack}}]
own = dict(type="StreetDataset", data_root={{_base_.source_root}}, pipeline=pipeline)
translated = dict(own, data_root="{{$MMDA_DATA_ROOT:data}}/synthia_as_cityscapes")
train_dataloader = dict(
    dataset=dict(source=dict(_delete_=True, type="ConcatDataset", datasets=[own, translated]))
)
