# What each level of alignment adds on buildings, in both directions. +ISIA and +AIM each
# stand on +GFA.
title = "ISIA and AIM: ablation of the levels, buildings"
paper = "Yuan et al., Birds of a Feather Flock Together, Table IX."
notes = [
    "`+ all` is trained in two steps (Eq. 13). Of the rows above it the paper does not say; here "
    "they have the first step's loss (Eq. 12) for the whole training.",
    "The figures are those of DeepLab-v3+ in Table XIII, so that is the network here.",
]
tasks = [
    dict(name="massachusetts2inria", title="Massachusetts to Inria"),
    dict(name="inria2massachusetts", title="Inria to Massachusetts"),
]
source_only, target_only = "source_only", "target_only"
columns = [
    dict(metric="IoU/building", title="building"),
    dict(metric="IoU/background", title="background"),
    "mIoU",
    "NAM",
]
_method = "configs/uda/isia_aim/isia-aim_deeplabv3plus-r101_120k_{task}.py"
_source = "configs/source_only/source-only_deeplabv3plus-r101_120k_{task}.py"
_root = "train_dataloader.dataset.source.data_root"
_translated = {
    "massachusetts2inria": {_root: "{{$MMDA_DATA_ROOT:data}}/massachusetts_buildings_as_inria"},
    "inria2massachusetts": {_root: "{{$MMDA_DATA_ROOT:data}}/inria_as_massachusetts"},
}
_one_step = {"model.alignments.pseudo.start": 120_000}
_no_isia, _no_aim = {"model.alignments.isia.weight": 0.0}, {"model.alignments.aim.weight": 0.0}
rows = [
    dict(
        name="source_only",
        title="source only",
        config=_source,
        published=[67.4, 84.8, 76.1, None, 35.8, 87.9, 61.8, None],
    ),
    dict(
        name="ima",
        title="+ IMA",
        config=_source,
        task_overrides=_translated,
        published=[71.6, 88.6, 80.1, None, 39.1, 87.8, 63.5, None],
    ),
    dict(
        name="gfa",
        title="+ GFA",
        config=_method,
        overrides={**_one_step, **_no_isia, **_no_aim},
        published=[72.9, 88.9, 80.9, None, 45.0, 88.7, 66.9, None],
    ),
    dict(
        name="isia",
        title="+ ISIA",
        config=_method,
        overrides={**_one_step, **_no_aim},
        published=[73.3, 89.2, 81.3, None, 53.2, 89.7, 71.4, None],
    ),
    dict(
        name="aim",
        title="+ AIM",
        config=_method,
        overrides={**_one_step, **_no_isia},
        published=[73.1, 89.1, 81.1, None, 52.7, 89.3, 71.0, None],
    ),
    dict(
        name="all",
        title="+ all",
        config=_method,
        published=[73.9, 89.6, 81.7, None, 53.8, 90.0, 71.9, None],
    ),
    dict(
        name="target_only",
        title="target only",
        config="configs/target_only/target-only_deeplabv3plus-r101_120k_{task}.py",
        published=[75.1, 90.2, 82.6, None, 63.9, 92.4, 78.2, None],
    ),
]
