# How far the segmentation model matters on the toy cities: small DeepLab-v2, DeepLab-v3+ and FCN on
# HRNet, each with its own warm-up, source only and target only, trained as in toy_table9.py.
_base_ = "toy_table9.py"
title = "ISIA and AIM on the toy cities: three segmentation models"
paper = "The rows of Yuan et al., Birds of a Feather Flock Together, Table XIII, on generated data."
source_only, target_only = None, None
columns = ["mIoU", "NAM"]
overrides = dict(
    _delete_=True,
    **{
        "model.teacher": dict(momentum=0.98),
        "model.evaluate": "teacher",
        "train_dataloader.*.crop_size": 96,
        "train_cfg.max_iters": 300,
        "train_cfg.val_interval": 300,
        "param_scheduler.1.end": 300,
    },
)
_norm = dict(type="GN", num_groups=8, requires_grad=True)
_head = dict(
    _delete_=True,
    num_classes=2,
    norm_cfg=_norm,
    align_corners=False,
    loss_decode=dict(type="CrossEntropyLoss", avg_non_ignore=True),
)
_resnet = dict(
    _delete_=True,
    type="ResNet",
    depth=18,
    base_channels=16,
    num_stages=4,
    strides=(1, 2, 1, 1),
    dilations=(1, 1, 2, 2),
    norm_cfg=_norm,
)
_one = dict(num_modules=1, block="BASIC")
_hrnet = dict(
    _delete_=True,
    type="HRNet",
    norm_cfg=_norm,
    extra=dict(
        stage1=dict(
            num_modules=1, num_branches=1, block="BOTTLENECK", num_blocks=(1,), num_channels=(16,)
        ),
        stage2=dict(**_one, num_branches=2, num_blocks=(1, 1), num_channels=(8, 16)),
        stage3=dict(**_one, num_branches=3, num_blocks=(1,) * 3, num_channels=(8, 16, 32)),
        stage4=dict(**_one, num_branches=4, num_blocks=(1,) * 4, num_channels=(8, 16, 32, 64)),
    ),
)
# Title, backbone, decode head, feature map of AIM and its channels.
_networks = {
    "deeplabv2": (
        "DeepLab-v2",
        _resnet,
        dict(_head, type="DeepLabV2Head", in_channels=128, in_index=3, dilations=(1, 2, 3, 4)),
        (-1, 128),
    ),
    "deeplabv3plus": (
        "DeepLab-v3+",
        _resnet,
        dict(
            _head,
            type="DepthwiseSeparableASPPHead",
            in_channels=128,
            in_index=3,
            channels=32,
            dilations=(1, 2, 3, 4),
            c1_in_channels=16,
            c1_channels=8,
        ),
        (-1, 128),
    ),
    "hrnet": (
        "FCN HRNet",
        _hrnet,
        dict(
            _head,
            type="FCNHead",
            in_channels=[8, 16, 32, 64],
            in_index=[0, 1, 2, 3],
            input_transform="resize_concat",
            channels=32,
            num_convs=1,
            kernel_size=1,
            concat_input=False,
        ),
        (1, 16),
    ),
}
_two_steps = {
    "model.alignments.*.start": 0,
    "model.alignments.pseudo.start": 225,
    "default_hooks.checkpoint.interval": 75,
}
_warm = {
    "optim_wrapper.optimizers.segmentor.optimizer.lr": 2e-3,
    "train_cfg.max_iters": 800,
    "train_cfg.val_interval": 800,
    "param_scheduler.1.end": 800,
}


def _rows_of(network):
    title, backbone, head, (index, channels) = _networks[network]
    model = {"model.segmentor.backbone": backbone, "model.segmentor.decode_head": head}
    instances = {
        "model.alignments.aim.in_channels": channels,
        "model.alignments.aim.index": index,
        "model.alignments.isia.index": index,
    }
    methods = (
        ("warm_up", "warm-up", "source_only", _warm),
        ("source", "source only", "source_only", {}),
        ("warm_up_ima", "warm-up + IMA", "ima", _warm),
        ("isia_aim", "ISIA and AIM", "isia_aim", {**_two_steps, **instances}),
        ("target", "target only", "target_only", {}),
    )
    starts = {"isia_aim": "warm_up_ima"}
    return [
        dict(
            name=f"{name}_{network}",
            title=f"{title}, {method}",
            config=f"configs/toy/{config}.py",
            overrides={**model, **values},
            start_from=None if "warm_up" in name else f"{starts.get(name, 'warm_up')}_{network}",
            bounds=[f"source_{network}", f"target_{network}"],
        )
        for name, method, config, values in methods
    ]


rows = [row for network in _networks for row in _rows_of(network)]
