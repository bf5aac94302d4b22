# ISIA's two terms one by one, inter-class separation (IS) and intra-class aggregation (IA), on top
# of translated source images and output-space alignment.
title = "ISIA: separation and aggregation"
paper = "Yuan et al., Birds of a Feather Flock Together, Table XIV."
notes = [
    "The first and the last row are +GFA and +ISIA of Tables IV, IX and X: no AIM. The paper does "
    "not say whether these rows have the second step; here they have not.",
]
tasks = [
    dict(name="gta52cityscapes", title="GTA5 to Cityscapes"),
    dict(name="massachusetts2inria", title="buildings, Massachusetts to Inria"),
    dict(name="massachusetts2deepglobe", title="roads, Massachusetts to DeepGlobe"),
]
columns = ["mIoU", dict(metric="mIoU", minus="gfa", title="over IMA + GFA")]
_aerial = "configs/uda/isia_aim/isia-aim_deeplabv3plus-r101_120k_{task}.py"
_configs = {
    "gta52cityscapes": "configs/uda/isia_aim/isia-aim_deeplabv2-r101_120k_{task}.py",
    "massachusetts2inria": _aerial,
    "massachusetts2deepglobe": _aerial,
}
_isia = {"model.alignments.aim.weight": 0.0, "model.alignments.pseudo.start": 120_000}
rows = [
    dict(
        name="gfa",
        title="IMA + GFA",
        config=_configs,
        overrides={**_isia, "model.alignments.isia.weight": 0.0},
        published=[45.3, None, 80.9, None, 63.4, None],
    ),
    dict(
        name="separation",
        title="+ IS",
        config=_configs,
        overrides={**_isia, "model.alignments.isia.intra": False},
        published=[47.4, 2.1, 81.1, 0.2, 64.3, 0.9],
    ),
    dict(
        name="aggregation",
        title="+ IA",
        config=_configs,
        overrides={**_isia, "model.alignments.isia.inter": False},
        published=[47.9, 2.6, 81.1, 0.2, 64.6, 1.2],
    ),
    dict(
        name="isia",
        title="+ ISIA",
        config=_configs,
        overrides=_isia,
        published=[49.6, 4.3, 81.3, 0.4, 65.2, 1.8],
    ),
]
