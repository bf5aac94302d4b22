# Patch-level alignment on top of other ways to adapt, GTA5 -> Cityscapes.
title = "Patch-level alignment beside and with other methods, GTA5 to Cityscapes"
paper = "Tsai et al., Domain Adaptation via Discriminative Patch Representations, Table 2."
source_only, target_only = "source_only", "target_only"
columns = ["mIoU", "NAM"]
_network = "deeplabv2-r101_120k_gta52cityscapes.py"
rows = [
    dict(
        name=name,
        title=title,
        config=f"configs/{config}_{_network}",
        published=[figure, None],
    )
    for name, title, config, figure in (
        ("source_only", "without adaptation", "source_only/source-only", 36.6),
        ("patch", "+ patch level", "uda/patch/patch", 41.3),
        ("ou", "output space (Ou)", "uda/output_space/single-level", 41.4),
        ("ou_patch", "+ patch level", "uda/patch/patch-ou", 43.2),
        ("pi", "pixel level (Pi)", "uda/patch/pi", 42.2),
        ("pi_patch", "+ patch level", "uda/patch/patch-pi", 44.9),
        ("ps", "pseudo-labels (Ps)", "uda/patch/ps", 41.8),
        ("ps_patch", "+ patch level", "uda/patch/patch-ps", 44.2),
        ("fu", "fusion of all three (Fu)", "uda/patch/fu", 44.5),
        ("fu_patch", "+ patch level", "uda/patch/patch-fu", 46.5),
        ("target_only", "target only", "target_only/target-only", None),
    )
]
