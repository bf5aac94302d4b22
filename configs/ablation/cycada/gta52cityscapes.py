# CyCADA, GTA5 -> Cityscapes: a translation that keeps the classes which the source's model
# sees, and feature-level alignment on the translated images; and each of the two by itself.
title = "CyCADA: pixel and feature level, GTA5 to Cityscapes"
paper = "Hoffman et al., CyCADA: Cycle-Consistent Adversarial Domain Adaptation, ICML 2018."
source_only, target_only = "source_only", "target_only"
columns = ["mIoU", "NAM"]
_network = "deeplabv2-r101_120k_gta52cityscapes.py"
rows = [
    dict(
        name="source_only",
        title="source only",
        config=f"configs/source_only/source-only_{_network}",
    ),
    dict(
        name="translation",
        config="configs/style/cyclegan-semantic_resnet9_200k_gta52cityscapes.py",
        start_from="source_only",
    ),
    dict(
        name="pixel",
        title="pixel level",
        config=f"configs/source_only/source-only_{_network}",
        translated_by="translation",
    ),
    dict(
        name="feature",
        title="feature level",
        config=f"configs/uda/output_space/feature-level_{_network}",
    ),
    dict(
        name="cycada",
        title="both: CyCADA",
        config=f"configs/uda/cycada/cycada_{_network}",
        translated_by="translation",
    ),
    dict(
        name="target_only",
        title="target only",
        config=f"configs/target_only/target-only_{_network}",
    ),
]
