# Patch-level alignment on top of other ways to adapt, SYNTHIA -> Cityscapes, over 16 classes.
title = "Patch-level alignment beside and with other methods, SYNTHIA to Cityscapes"
paper = "Tsai et al., Domain Adaptation via Discriminative Patch Representations, Table 3."
source_only, target_only = "source_only", "target_only"
columns = ["mIoU", "NAM"]
_network = "deeplabv2-r101_120k_synthia2cityscapes.py"
rows = [
    dict(
        name=name,
        title=title,
        config=f"configs/{config}_{_network}",
        published=[figure, None],
    )
    for name, title, config, figure in (
        ("source_only", "without adaptation", "source_only/source-only", 33.5),
        ("patch", "+ patch level", "uda/patch/patch", 37.0),
        ("ou", "output space (Ou)", "uda/output_space/single-level", 39.5),
        ("ou_patch", "+ patch level", "uda/patch/patch-ou", 39.9),
        ("pi", "pixel level (Pi)", "uda/patch/pi", 35.8),
        ("pi_patch", "+ patch level", "uda/patch/patch-pi", 37.0),
        ("ps", "pseudo-labels (Ps)", "uda/patch/ps", 37.4),
        ("ps_patch", "+ patch level", "uda/patch/patch-ps", 38.9),
        ("fu", "fusion of all three (Fu)", "uda/patch/fu", 37.9),
        ("fu_patch", "+ patch level", "uda/patch/patch-fu", 40.0),
        ("target_only", "target only", "target_only/target-only", None),
    )
]
