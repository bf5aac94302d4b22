# What each level of alignment adds on roads, in both directions. +ISIA and +AIM each
# stand on +GFA.
title = "ISIA and AIM: ablation of the levels, roads"
paper = "Yuan et al., Birds of a Feather Flock Together, Table X."
notes = [
    "`+ all` is trained in two steps (Eq. 13). Of the rows above, the paper does not say; here "
    "they have the first step's loss (Eq. 12) for the whole training.",
    "`ISIA, two steps` is the config as it is: AIM is off, as in the paper it costs ISIA points on "
    "roads, in both directions.",
    "The figures are those of DeepLab-v3+ in Table XIII, so that is the network here. The paper "
    "heads the roads' column `Build.`.",
]
tasks = [
    dict(name="massachusetts2deepglobe", title="Massachusetts to DeepGlobe"),
    dict(name="deepglobe2massachusetts", title="DeepGlobe to Massachusetts"),
]
source_only, target_only = "source_only", "target_only"
columns = [
    dict(metric="IoU/road", title="road"),
    dict(metric="IoU/background", title="background"),
    "mIoU",
    "NAM",
]
_method = "configs/uda/isia_aim/isia-aim_deeplabv3plus-r101_120k_{task}.py"
_source = "configs/source_only/source-only_deeplabv3plus-r101_120k_{task}.py"
_root = "train_dataloader.dataset.source.data_root"
_translated = {
    "massachusetts2deepglobe": {_root: "{{$MMDA_DATA_ROOT:data}}/massachusetts_roads_as_deepglobe"},
    "deepglobe2massachusetts": {_root: "{{$MMDA_DATA_ROOT:data}}/deepglobe_as_massachusetts"},
}
_one_step = {"model.alignments.pseudo.start": 120_000}
_no_isia, _aim = {"model.alignments.isia.weight": 0.0}, {"model.alignments.aim.weight": 0.001}
rows = [
    dict(
        name="source_only",
        title="source only",
        config=_source,
        published=[24.8, 96.1, 60.4, None, 30.6, 93.8, 62.2, None],
    ),
    dict(
        name="ima",
        title="+ IMA",
        config=_source,
        task_overrides=_translated,
        published=[28.5, 95.8, 62.1, None, 33.0, 95.2, 64.1, None],
    ),
    dict(
        name="gfa",
        title="+ GFA",
        config=_method,
        overrides={**_one_step, **_no_isia},
        published=[30.7, 96.1, 63.4, None, 34.0, 94.8, 64.4, None],
    ),
    dict(
        name="isia",
        title="+ ISIA",
        config=_method,
        overrides=_one_step,
        published=[34.2, 96.1, 65.2, None, 37.1, 95.2, 66.1, None],
    ),
    dict(
        name="aim",
        title="+ AIM",
        config=_method,
        overrides={**_one_step, **_no_isia, **_aim},
        published=[30.4, 95.8, 63.1, None, 36.2, 94.6, 65.4, None],
    ),
    dict(
        name="all",
        title="+ all",
        config=_method,
        overrides=_aim,
        published=[31.8, 95.9, 63.9, None, 36.7, 95.1, 65.9, None],
    ),
    dict(name="isia_two_steps", title="ISIA, two steps", config=_method),
    dict(
        name="target_only",
        title="target only",
        config="configs/target_only/target-only_deeplabv3plus-r101_120k_{task}.py",
        published=[38.9, 97.8, 68.3, None, 42.9, 97.5, 70.2, None],
    ),
]
