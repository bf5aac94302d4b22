# Patch-level alignment with output space, pixel level and pseudo-labels (fusion): source tiles in
# their own and in the target's radiometry, and pseudo-labels of the target in the second half.
_base_ = "patch.py"
load, pack = {{_base_.load}}, {{_base_.pack}}
geometry = [
    dict(type="RandomCrop", crop_size={{_base_.crop_size}}),
    dict(type="RandomFlip", prob=0.5),
    dict(type="RandomRotate90"),
]
own = dict(type="TiledDataset", data_root={{_base_.source_root}}, pipeline=[load, *geometry, pack])
translated = dict(own, pipeline=[load, {{_base_.match}}, *geometry, pack])
train_dataloader = dict(
    dataset=dict(
        source=dict(_delete_=True, type="ConcatDataset", datasets=[own, translated]),
        target=dict(pipeline=[load, dict(type="LoadPseudoLabel"), *geometry, pack]),
    )
)
model = dict(
    alignments=dict(
        output=dict(
            type="OutputAdversarial",
            num_classes={{_base_.model.segmentor.decode_head.num_classes}},
            weights=dict(decode=0.1),
            discriminator=dict(type="PixelDiscriminator", channels=32, num_layers=4),
            input_scale=0.5,
            start=200,
        ),
        pseudo=dict(type="PseudoLabels", start=400),
    )
)
custom_hooks = [
    dict(type="TeacherEMAHook"),
    dict(type="PatchModesHook", images=100),
    dict(type="PseudoLabelHook", thresholds="median"),
]
