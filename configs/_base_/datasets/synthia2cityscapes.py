# Street scenes, SYNTHIA -> Cityscapes. The network keeps 19 outputs; `mIoU` is the mean over the
# 16 classes that SYNTHIA has, `mIoU/13` leaves out wall, fence and pole as well.
_base_ = "gta52cityscapes.py"
data_root = "{{$MMDA_DATA_ROOT:data}}"
source_root = data_root + "/synthia"
source_size = dict(type="Resize", scale=(1280, 760), keep_ratio=False)
subsets = {
    "13": [
        "road", "sidewalk", "building", "traffic light", "traffic sign", "vegetation", "sky",
        "person", "rider", "car", "bus", "motorcycle", "bicycle",
    ],
    "16": [
        "road", "sidewalk", "building", "wall", "fence", "pole", "traffic light", "traffic sign",
        "vegetation", "sky", "person", "rider", "car", "bus", "motorcycle", "bicycle",
    ],
}  # fmt: skip
load, flip, pack = {{_base_.load}}, {{_base_.flip}}, {{_base_.pack}}
train_dataloader = dict(
    dataset=dict(source=dict(data_root=source_root, pipeline=[load, source_size, flip, pack]))
)
val_evaluator = dict(subsets=subsets, main="16")
test_evaluator = dict(subsets=subsets, main="16")
