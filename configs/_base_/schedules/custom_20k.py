# 20 000 iterations in mixed precision, optimised as SegFormer was published: AdamW, a warm-up, and
# heads that learn ten times faster than the backbone with its ImageNet weights.
max_iters = 20_000
warm_up = 1500
optim_wrapper = dict(
    constructor="JointOptimWrapperConstructor",
    precision="bf16",
    optimizers=dict(
        segmentor=dict(
            params="segmentor.*",
            optimizer=dict(type="AdamW", lr=6e-5, weight_decay=1e-2),
            paramwise_cfg=dict(
                norm_decay_mult=0.0,
                custom_keys=dict(pos_block=dict(decay_mult=0.0), head=dict(lr_mult=10.0)),
            ),
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
    dict(type="LinearLR", start_factor=1e-6, by_epoch=False, begin=0, end=warm_up),
    dict(type="PolyLR", power=1.0, eta_min=0.0, by_epoch=False, begin=warm_up, end=max_iters),
]
train_cfg = dict(type="IterBasedTrainLoop", max_iters=max_iters, val_interval=2000)
val_cfg = dict(type="ValLoop")
test_cfg = dict(type="TestLoop")
