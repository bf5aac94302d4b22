# What each level of alignment adds, GTA5 -> Cityscapes. +ISIA and +AIM each stand on +GFA.
title = "ISIA and AIM: ablation of the levels, GTA5 to Cityscapes"
paper = "Yuan et al., Birds of a Feather Flock Together, Table IV."
notes = [
    "`+ all` is trained in two steps (Eq. 13). Of the rows above it the paper does not say; here "
    "they have the first step's loss (Eq. 12) for the whole training.",
]
source_only, target_only = "source_only", "target_only"
columns = ["mIoU", "NAM"]
_method = "configs/uda/isia_aim/isia-aim_deeplabv2-r101_120k_gta52cityscapes.py"
_source = "configs/source_only/source-only_deeplabv2-r101_120k_gta52cityscapes.py"
_translated = {
    "train_dataloader.dataset.source.data_root": "{{$MMDA_DATA_ROOT:data}}/gta5_as_cityscapes"
}
_one_step = {"model.alignments.pseudo.start": 120_000}
_no_isia, _no_aim = {"model.alignments.isia.weight": 0.0}, {"model.alignments.aim.weight": 0.0}
rows = [
    dict(name="source_only", title="source only", config=_source, published=[36.6, None]),
    dict(name="ima", title="+ IMA", config=_source, overrides=_translated, published=[42.5, None]),
    dict(
        name="gfa",
        title="+ GFA",
        config=_method,
        overrides={**_one_step, **_no_isia, **_no_aim},
        published=[45.3, None],
    ),
    dict(
        name="isia",
        title="+ ISIA",
        config=_method,
        overrides={**_one_step, **_no_aim},
        published=[49.6, None],
    ),
    dict(
        name="aim",
        title="+ AIM",
        config=_method,
        overrides={**_one_step, **_no_isia},
        published=[48.8, None],
    ),
    dict(name="all", title="+ all", config=_method, published=[50.7, None]),
    dict(
        name="target_only",
        title="target only",
        config="configs/target_only/target-only_deeplabv2-r101_120k_gta52cityscapes.py",
        published=[65.1, None],
    ),
]
