_base_ = "cyclegan_200k.py"
max_iters = 1000
param_scheduler = [
    dict(
        type="LinearLR",
        start_factor=1.0,
        end_factor=0.0,
        by_epoch=False,
        begin=max_iters // 2,
        end=max_iters,
    )
]
train_cfg = dict(max_iters=max_iters)
