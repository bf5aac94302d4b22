# Which of CDGA's terms help, GTA5 -> Cityscapes, on the base that the paper starts from (BDL).
title = "CDGA: ablation of the loss terms, GTA5 to Cityscapes"
paper = "Kim et al., Cross-Domain Grouping and Alignment, AAAI 2021, Table 1."
notes = ["All rows but the first have translated source images and self-training (BDL)."]
columns = ["mIoU"]
rows = [
    dict(
        name="source_only",
        title="source only",
        config="configs/source_only/source-only_deeplabv2-r101_120k_gta52cityscapes.py",
        published=[36.6],
    ),
    dict(
        name="cadv",
        config="configs/uda/cdga/cdga-bdl_deeplabv2-r101_120k_gta52cityscapes.py",
        overrides={
            "model.alignments.cdga.weights.co": 0.0,
            "model.alignments.cdga.weights.orth": 0.0,
            "model.alignments.cdga.weights.cl": 0.0,
        },
        published=[48.8],
    ),
    dict(
        name="cadv_co",
        title="+ co",
        config="configs/uda/cdga/cdga-bdl_deeplabv2-r101_120k_gta52cityscapes.py",
        overrides={
            "model.alignments.cdga.weights.orth": 0.0,
            "model.alignments.cdga.weights.cl": 0.0,
        },
        published=[49.1],
    ),
    dict(
        name="cadv_co_orth",
        title="+ orth",
        config="configs/uda/cdga/cdga-bdl_deeplabv2-r101_120k_gta52cityscapes.py",
        overrides={"model.alignments.cdga.weights.cl": 0.0},
        published=[50.8],
    ),
    dict(
        name="cdga",
        title="+ cl: CDGA",
        config="configs/uda/cdga/cdga-bdl_deeplabv2-r101_120k_gta52cityscapes.py",
        published=[51.5],
    ),
]
