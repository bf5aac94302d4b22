# Trained on the source city in the target city's radiometry and at its scale (IMA), evaluated on
# the target city.
_base_ = "source_only.py"
source_root = {{_base_.source_root}}
target_root = {{_base_.target_root}}
train_dataloader = dict(
    dataset=dict(
        source=dict(
            pipeline=[
                dict(type="LoadTile"),
                dict(type="MatchDomain", source=source_root, target=target_root),
                dict(
                    type="RandomResize",
                    scale=(256, 256),
                    ratio_range=(0.65, 1.1),
                    keep_ratio=True,
                ),
                dict(type="RandomCrop", crop_size={{_base_.crop_size}}),
                dict(type="RandomFlip", prob=0.5),
                dict(type="RandomRotate90"),
                dict(type="PackDomainInputs"),
            ]
        )
    )
)
