# The whole of ISIA and AIM: source tiles in the target's radiometry and at its scale (IMA),
# output-space (GFA), category (ISIA) and instance (AIM) alignment, pseudo-labels in the second
# half. As published, but for what a run of hundreds of iterations asks for: larger weights, from
# iteration 200 on.
# Tiles have no spatial correspondence, so classes are compared by their pooled features. Regions of
# less than four feature cells (4 x 4 pixels) are noise of the prediction rather than buildings.
_base_ = "output_space.py"
num_classes = {{_base_.model.segmentor.decode_head.num_classes}}
geometry = [
    dict(type="RandomCrop", crop_size={{_base_.crop_size}}),
    dict(type="RandomFlip", prob=0.5),
    dict(type="RandomRotate90"),
]
load, pack = {{_base_.load}}, {{_base_.pack}}
train_dataloader = dict(
    dataset=dict(
        source=dict(pipeline={{_base_.ima_pipeline}}),
        target=dict(pipeline=[load, dict(type="LoadPseudoLabel"), *geometry, pack]),
    )
)
model = dict(
    alignments=dict(
        # A tenth of output_space.py; docs/results/isia-aim.md says how 0.1 did on buildings.
        output=dict(weights=dict(decode=0.01)),
        isia=dict(type="ISIA", mode="pooled", weight=0.01, start=200),
        aim=dict(
            type="AIM",
            num_classes=num_classes,
            in_channels=24,
            mode="pooled",
            min_area=4,
            weight=0.01,
            start=200,
        ),
        pseudo=dict(type="PseudoLabels", start=400),
    )
)
custom_hooks = [
    dict(type="TeacherEMAHook"),
    dict(type="PseudoLabelHook", thresholds="median"),
]
