# Patch-level alignment beside other methods on two networks, GTA5 -> Cityscapes. Rows without a
# config are published figures alone.
title = "Patch-level alignment: comparison of methods, GTA5 to Cityscapes"
paper = "Tsai et al., Domain Adaptation via Discriminative Patch Representations, Table 4."
notes = ["The published VGG-16 starts from Caffe's ImageNet weights, this one from torchvision's."]
source_only, target_only = "source_only", "target_only"
_VGG = ["source_only_vgg16", "target_only_vgg16"]
columns = [
    "IoU/road", "IoU/sidewalk", "IoU/building", "IoU/wall", "IoU/fence", "IoU/pole",
    "IoU/traffic light", "IoU/traffic sign", "IoU/vegetation", "IoU/terrain", "IoU/sky",
    "IoU/person", "IoU/rider", "IoU/car", "IoU/truck", "IoU/bus", "IoU/train", "IoU/motorcycle",
    "IoU/bicycle", "mIoU", "NAM",
]  # fmt: skip
rows = [
    dict(
        name="source_only_vgg16",
        title="source only, VGG-16",
        config="configs/source_only/source-only_deeplabv2-vgg16_120k_gta52cityscapes.py",
        bounds=_VGG,
    ),
    dict(
        name="fcns_in_the_wild",
        title="FCNs in the Wild, Hoffman et al. 2016, VGG-16",
        published=[
            70.4, 32.4, 62.1, 14.9, 5.4, 10.9, 14.2, 2.7, 79.2, 21.3,
            64.6, 44.1, 4.2, 70.4, 8.0, 7.3, 0.0, 3.5, 0.0, 27.1,
            None,
        ],
    ),
    dict(
        name="cda",
        title="CDA, Zhang et al. 2017, VGG-16",
        published=[
            74.9, 22.0, 71.7, 6.0, 11.9, 8.4, 16.3, 11.1, 75.7, 13.3,
            66.5, 38.0, 9.3, 55.2, 18.8, 18.9, 0.0, 16.8, 14.6, 28.9,
            None,
        ],
    ),
    dict(
        name="st",
        title="ST, Zou et al. 2018, VGG-16",
        published=[
            83.8, 17.4, 72.1, 14.3, 2.9, 16.5, 16.0, 6.8, 81.4, 24.2,
            47.2, 40.7, 7.6, 71.7, 10.2, 7.6, 0.5, 11.1, 0.9, 28.1,
            None,
        ],
    ),
    dict(
        name="cbst",
        title="CBST, Zou et al. 2018, VGG-16",
        published=[
            66.7, 26.8, 73.7, 14.8, 9.5, 28.3, 25.9, 10.1, 75.5, 15.7,
            51.6, 47.2, 6.2, 71.9, 3.7, 2.2, 5.4, 18.9, 32.4, 30.9,
            None,
        ],
    ),
    dict(
        name="cycada",
        title="CyCADA, Hoffman et al. 2018, VGG-16",
        config="configs/uda/cycada/cycada_deeplabv2-vgg16_120k_gta52cityscapes.py",
        bounds=_VGG,
        published=[
            83.5, 38.3, 76.4, 20.6, 16.5, 22.2, 26.2, 21.9, 80.4, 28.7,
            65.7, 49.4, 4.2, 74.6, 16.0, 26.6, 2.0, 8.0, 0.0, 34.8,
            None,
        ],
    ),
    dict(
        name="output_space_vgg16",
        title="output space, VGG-16",
        config="configs/uda/output_space/single-level_deeplabv2-vgg16_120k_gta52cityscapes.py",
        bounds=_VGG,
        published=[
            87.3, 29.8, 78.6, 21.1, 18.2, 22.5, 21.5, 11.0, 79.7, 29.6,
            71.3, 46.8, 6.5, 80.1, 23.0, 26.9, 0.0, 10.6, 0.3, 35.0,
            None,
        ],
    ),
    dict(
        name="patch_fu_vgg16",
        title="Fu + patch level, VGG-16",
        config="configs/uda/patch/patch-fu_deeplabv2-vgg16_120k_gta52cityscapes.py",
        bounds=_VGG,
        published=[
            87.3, 35.7, 79.5, 32.0, 14.5, 21.5, 24.8, 13.7, 80.4, 32.0,
            70.5, 50.5, 16.9, 81.0, 20.8, 28.1, 4.1, 15.5, 4.1, 37.5,
            None,
        ],
    ),
    dict(
        name="target_only_vgg16",
        title="target only, VGG-16",
        config="configs/target_only/target-only_deeplabv2-vgg16_120k_gta52cityscapes.py",
        bounds=_VGG,
    ),
    dict(
        name="source_only",
        title="without adaptation",
        config="configs/source_only/source-only_deeplabv2-r101_120k_gta52cityscapes.py",
        published=[
            75.8, 16.8, 77.2, 12.5, 21.0, 25.5, 30.1, 20.1, 81.3, 24.6,
            70.3, 53.8, 26.4, 49.9, 17.2, 25.9, 6.5, 25.3, 36.0, 36.6,
            None,
        ],
    ),
    dict(
        name="feature_space",
        title="feature space",
        config="configs/uda/output_space/feature-level_deeplabv2-r101_120k_gta52cityscapes.py",
        published=[
            83.7, 27.6, 75.5, 20.3, 19.9, 27.4, 28.3, 27.4, 79.0, 28.4,
            70.1, 55.1, 20.2, 72.9, 22.5, 35.7, 8.3, 20.6, 23.0, 39.3,
            None,
        ],
    ),
    dict(
        name="road",
        title="ROAD, Chen et al. 2018",
        published=[
            76.3, 36.1, 69.6, 28.6, 22.4, 28.6, 29.3, 14.8, 82.3, 35.3,
            72.9, 54.4, 17.8, 78.9, 27.7, 30.3, 4.0, 24.9, 12.6, 39.4,
            None,
        ],
    ),
    dict(
        name="output_space",
        title="output space",
        config="configs/uda/output_space/single-level_deeplabv2-r101_120k_gta52cityscapes.py",
        published=[
            86.5, 25.9, 79.8, 22.1, 20.0, 23.6, 33.1, 21.8, 81.8, 25.9,
            75.9, 57.3, 26.2, 76.3, 29.8, 32.1, 7.2, 29.5, 32.5, 41.4,
            None,
        ],
    ),
    dict(
        name="patch_fu",
        title="Fu + patch level",
        config="configs/uda/patch/patch-fu_deeplabv2-r101_120k_gta52cityscapes.py",
        published=[
            92.3, 51.9, 82.1, 29.2, 25.1, 24.5, 33.8, 33.0, 82.4, 32.8,
            82.2, 58.6, 27.2, 84.3, 33.4, 46.3, 2.2, 29.5, 32.3, 46.5,
            None,
        ],
    ),
    dict(
        name="target_only",
        title="target only",
        config="configs/target_only/target-only_deeplabv2-r101_120k_gta52cityscapes.py",
    ),
]  # fmt: skip
