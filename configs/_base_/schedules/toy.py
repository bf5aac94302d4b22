max_iters = 800
optim_wrapper = dict(
    constructor="JointOptimWrapperConstructor",
    optimizers=dict(
        segmentor=dict(
            params="segmentor.*",
            optimizer=dict(type="AdamW", lr=1e-3, weight_decay=1e-2),
            clip_grad=dict(max_norm=5.0),
        ),
        grouping=dict(
            params="alignments.*grouping*",
            optimizer=dict(type="SGD", lr=1e-3, momentum=0.9),
        ),
        discriminator=dict(
            params="alignments.*discriminator*",
            optimizer=dict(type="Adam", lr=1e-4, betas=(0.9, 0.99)),
        ),
    ),
)
param_scheduler = [
    dict(type="LinearLR", start_factor=0.1, by_epoch=False, begin=0, end=50),
    dict(type="PolyLR", power=0.9, eta_min=1e-6, by_epoch=False, begin=50, end=max_iters),
]
train_cfg = dict(type="IterBasedTrainLoop", max_iters=max_iters, val_interval=400)
val_cfg = dict(type="ValLoop")
test_cfg = dict(type="TestLoop")
