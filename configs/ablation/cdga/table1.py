# Which of CDGA's terms help, GTA5 -> Cityscapes, on the base that the paper starts from (BDL).
title = "CDGA: ablation of the loss terms, GTA5 to Cityscapes"
paper = "Kim et al., Cross-Domain Grouping and Alignment, AAAI 2021, Table 1."
notes = ["The rows of CDGA have source images in the target's look and self-training (BDL)."]
source_only, target_only = "source_only", "target_only"
columns = ["mIoU", "NAM"]
rows = [
    dict(
        name="source_only",
        title="source only",
        config="configs/source_only/source-only_deeplabv2-r101_120k_gta52cityscapes.py",
        published=[36.6, None],
    ),
    dict(
        name="cadv",
        config="configs/uda/cdga/cdga-cadv_deeplabv2-r101_120k_gta52cityscapes.py",
        published=[48.8, None],
    ),
    dict(
        name="cadv_co",
        title="+ co",
        config="configs/uda/cdga/cdga-cadv-co_deeplabv2-r101_120k_gta52cityscapes.py",
        published=[49.1, None],
    ),
    dict(
        name="cadv_co_orth",
        title="+ orth",
        config="configs/uda/cdga/cdga-cadv-co-orth_deeplabv2-r101_120k_gta52cityscapes.py",
        published=[50.8, None],
    ),
    dict(
        name="cdga",
        title="+ cl: CDGA",
        config="configs/uda/cdga/cdga-bdl_deeplabv2-r101_120k_gta52cityscapes.py",
        published=[51.5, None],
    ),
    dict(
        name="target_only",
        title="target only",
        config="configs/target_only/target-only_deeplabv2-r101_120k_gta52cityscapes.py",
    ),
]
