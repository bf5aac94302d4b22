# The league on the toy cities: every method by itself, beside the simple baselines and the
# self-training recipe. A U-Net of 16 channels and crops of 96 pixels, as in ../shifts.py.
title = "All methods on the toy cities"
notes = [
    "All networks are equal, but two have batch norm in place of group norm: AdaBN's and that of "
    "the source-only row before it. CLAN has two classifiers.",
    "The last iteration counts. Every seed has other cities.",
]
tasks = [
    dict(name="buildings", toy=dict(task="buildings")),
    dict(name="roads", toy=dict(task="roads")),
    dict(name="landcover", toy=dict(task="landcover"), overrides={"model.*.num_classes": 7}),
]
seeds = [0, 1, 2]
source_only, target_only = "source_only", "target_only"
columns = ["mIoU", "NAM"]
overrides = {
    "model.segmentor.backbone.base_channels": 16,
    "model.segmentor.decode_head.*channels": 16,
    "train_dataloader.*.crop_size": 96,
    "optim_wrapper.optimizers.segmentor.optimizer.lr": 2e-3,
    "train_cfg.max_iters": 800,
    "train_cfg.val_interval": 800,
    "param_scheduler.1.end": 800,
}
_features = {"model.alignments.*.in_channels": 64}
_patches = {"model.alignments.patch.grid": (6, 6)}  # of 16 pixels
_methods = [
    ("source_only", "source only", {}),
    ("source_only_bn", "source only, batch norm", {}),
    ("adabn", "AdaBN, source at the target's scale", {}),
    ("ima", "restyled and rescaled (IMA)", {}),
    ("minent", "MinEnt", {}),
    ("max_square", "MaxSquare", {}),
    ("dann", "gradient reversal (DANN)", _features),
    ("feature_level", "adversarial, features", _features),
    ("fada", "FADA", _features),
    ("output_space", "adversarial, output space", {}),
    ("clan", "CLAN", {"model.segmentor.auxiliary_head.*channels": 16}),
    ("patch", "patch level", _patches),
    ("cdga", "CDGA", {}),
    ("adapted", "self-training recipe", {}),
    ("target_only", "target only", {}),
]
rows = [
    dict(name=name, title=title, config=f"configs/toy/{name}.py", overrides=own)
    for name, title, own in _methods
]
