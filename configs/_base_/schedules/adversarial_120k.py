# The published schedule of AdaptSegNet and its successors: the learning rates decay towards
# iteration 250k, but training stops at 120k. Published with one image per domain and iteration.
max_iters = 120_000
schedule_iters = 250_000
optim_wrapper = dict(
    constructor="JointOptimWrapperConstructor",
    optimizers=dict(
        segmentor=dict(
            params="segmentor.*",
            optimizer=dict(type="SGD", lr=2.5e-4, momentum=0.9, weight_decay=5e-4),
            paramwise_cfg=dict(
                custom_keys=dict(decode_head=dict(lr_mult=10.0), auxiliary_head=dict(lr_mult=10.0))
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
    dict(type="PolyLR", power=0.9, eta_min=0.0, by_epoch=False, begin=0, end=schedule_iters)
]
train_cfg = dict(type="IterBasedTrainLoop", max_iters=max_iters, val_interval=5000)
val_cfg = dict(type="ValLoop")
test_cfg = dict(type="TestLoop")
