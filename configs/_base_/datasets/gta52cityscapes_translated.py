# GTA5 -> Cityscapes with the source's images in the target's look.
_base_ = "gta52cityscapes.py"
source_root = {{_base_.source_root}}
target_root = {{_base_.target_root}}
train_dataloader = dict(
    dataset=dict(
        source=dict(
            pipeline=[
                {{_base_.load}},
                dict(type="MatchDomain", source=source_root, target=target_root),
                {{_base_.source_size}},
                {{_base_.flip}},
                {{_base_.pack}},
            ]
        )
    )
)
