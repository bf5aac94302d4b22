# 300 iterations from ImageNet weights: the head, which starts from random weights, learns faster.
_base_ = "toy.py"
max_iters = 300
optim_wrapper = dict(
    optimizers=dict(
        segmentor=dict(
            optimizer=dict(lr=3e-4),
            paramwise_cfg=dict(custom_keys=dict(head=dict(lr_mult=5.0))),
        )
    )
)
param_scheduler = [
    dict(type="LinearLR", start_factor=0.1, by_epoch=False, begin=0, end=50),
    dict(type="PolyLR", power=0.9, eta_min=1e-6, by_epoch=False, begin=50, end=max_iters),
]
train_cfg = dict(max_iters=max_iters, val_interval=max_iters)
