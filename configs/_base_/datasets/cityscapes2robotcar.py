# Street scenes from sunny to rainy, Cityscapes -> Oxford RobotCar, over the nine classes that both
# have: whole images, Cityscapes at 1024 x 512 and RobotCar, which is 1280 x 960, at 1024 x 768.
# RobotCar's training drives have no labels, so there is no `val`.
_base_ = "gta52cityscapes.py"
data_root = "{{$MMDA_DATA_ROOT:data}}"
source_root = data_root + "/cityscapes"
target_root = data_root + "/robotcar"

classes = [
    "road", "sidewalk", "building", "light", "sign", "sky", "person", "automobile", "two-wheel",
]  # fmt: skip
palette = [
    [128, 64, 128], [244, 35, 232], [70, 70, 70], [250, 170, 30], [220, 220, 0], [70, 130, 180],
    [220, 20, 60], [0, 0, 142], [119, 11, 32],
]  # fmt: skip
class_map = {
    **{name: name for name in ("road", "sidewalk", "building", "sky", "person")},
    **{"traffic light": "light", "traffic sign": "sign", "rider": "person"},
    **dict.fromkeys(("car", "truck", "bus"), "automobile"),
    **dict.fromkeys(("motorcycle", "bicycle"), "two-wheel"),
    **dict.fromkeys(("wall", "fence", "pole", "vegetation", "terrain", "train")),
}
source_size = {{_base_.target_size}}
target_size = dict(type="Resize", scale=(1024, 768), keep_ratio=False)
test_size = dict(type="ResizeImage", scale=(1024, 768), keep_ratio=False)
load, flip, pack = {{_base_.load}}, {{_base_.flip}}, {{_base_.pack}}
nine = dict(classes=classes, palette=palette)
train_dataloader = dict(
    dataset=dict(
        source=dict(
            type="TiledDataset",
            data_root=source_root,
            class_map=class_map,
            metainfo=nine,
            pipeline=[load, source_size, flip, pack],
        ),
        target=dict(
            type="TiledDataset",
            data_root=target_root,
            metainfo=nine,
            pipeline=[load, target_size, flip, pack],
        ),
    )
)
val_dataloader = val_evaluator = None
test_dataloader = dict(
    dataset=dict(
        type="TiledDataset",
        data_root=target_root,
        metainfo=nine,
        pipeline=[load, test_size, pack],
    )
)
