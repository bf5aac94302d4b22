# CycleGAN's schedule in iterations: Adam at 2e-4, constant for one half of the run, then linearly
# to zero. The published 200 epochs are 200k iterations of batch size 1 on 1000 images.
max_iters = 200_000
constant_iters = max_iters // 2
adam = dict(type="Adam", lr=2e-4, betas=(0.5, 0.999))
optim_wrapper = dict(
    constructor="JointOptimWrapperConstructor",
    optimizers=dict(
        generator=dict(params="generators.*", optimizer=adam),
        discriminator=dict(params="discriminators.*", optimizer=adam),
    ),
)
param_scheduler = [
    dict(
        type="LinearLR",
        start_factor=1.0,
        end_factor=0.0,
        by_epoch=False,
        begin=constant_iters,
        end=max_iters,
    )
]
train_cfg = dict(type="IterBasedTrainLoop", max_iters=max_iters)
