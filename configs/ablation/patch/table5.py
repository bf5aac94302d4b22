# Patch-level alignment beside other methods on two networks, SYNTHIA -> Cityscapes. Rows without a
# config are published figures alone.
title = "Patch-level alignment: comparison of methods, SYNTHIA to Cityscapes"
paper = "Tsai et al., Domain Adaptation via Discriminative Patch Representations, Table 5."
notes = [
    "The published VGG-16 starts from Caffe's ImageNet weights, this one from torchvision's.",
    "mIoU is the mean over 16 classes, mIoU* over 13: without wall, fence and pole. Of the row "
    "FCNs in the Wild the paper prints 22.1 for mIoU*; its 13 figures have the mean 22.9.",
]
source_only, target_only = "source_only", "target_only"
_VGG = ["source_only_vgg16", "target_only_vgg16"]
columns = [
    "IoU/road", "IoU/sidewalk", "IoU/building", "IoU/wall", "IoU/fence", "IoU/pole",
    "IoU/traffic light", "IoU/traffic sign", "IoU/vegetation", "IoU/sky", "IoU/person",
    "IoU/rider", "IoU/car", "IoU/bus", "IoU/motorcycle", "IoU/bicycle", "mIoU",
    dict(metric="mIoU/13", title="mIoU*"), "NAM",
]  # fmt: skip
rows = [
    dict(
        name="source_only_vgg16",
        title="source only, VGG-16",
        config="configs/source_only/source-only_deeplabv2-vgg16_120k_synthia2cityscapes.py",
        bounds=_VGG,
    ),
    dict(
        name="fcns_in_the_wild",
        title="FCNs in the Wild, Hoffman et al. 2016, VGG-16",
        published=[
            11.5, 19.6, 30.8, 4.4, 0.0, 20.3, 0.1, 11.7, 42.3, 68.7,
            51.2, 3.8, 54.0, 3.2, 0.2, 0.6, 20.2, 22.1, None,
        ],
    ),
    dict(
        name="cda",
        title="CDA, Zhang et al. 2017, VGG-16",
        published=[
            65.2, 26.1, 74.9, 0.1, 0.5, 10.7, 3.7, 3.0, 76.1, 70.6,
            47.1, 8.2, 43.2, 20.7, 0.7, 13.1, 29.0, 34.8, None,
        ],
    ),
    dict(
        name="cross_city",
        title="Cross-City, Chen et al. 2017, VGG-16",
        published=[
            62.7, 25.6, 78.3, None, None, None, 1.2, 5.4, 81.3, 81.0,
            37.4, 6.4, 63.5, 16.1, 1.2, 4.6, None, 35.7, None,
        ],
    ),
    dict(
        name="st",
        title="ST, Zou et al. 2018, VGG-16",
        published=[
            0.2, 14.5, 53.8, 1.6, 0.0, 18.9, 0.9, 7.8, 72.2, 80.3,
            48.1, 6.3, 67.7, 4.7, 0.2, 4.5, 23.9, 27.8, None,
        ],
    ),
    dict(
        name="output_space_vgg16",
        title="output space, VGG-16",
        config="configs/uda/output_space/single-level_deeplabv2-vgg16_120k_synthia2cityscapes.py",
        bounds=_VGG,
        published=[
            78.9, 29.2, 75.5, None, None, None, 0.1, 4.8, 72.6, 76.7,
            43.4, 8.8, 71.1, 16.0, 3.6, 8.4, None, 37.6, None,
        ],
    ),
    dict(
        name="patch_fu_vgg16",
        title="Fu + patch level, VGG-16",
        config="configs/uda/patch/patch-fu_deeplabv2-vgg16_120k_synthia2cityscapes.py",
        bounds=_VGG,
        published=[
            72.6, 29.5, 77.2, 3.5, 0.4, 21.0, 1.4, 7.9, 73.3, 79.0,
            45.7, 14.5, 69.4, 19.6, 7.4, 16.5, 33.7, 39.6, None,
        ],
    ),
    dict(
        name="target_only_vgg16",
        title="target only, VGG-16",
        config="configs/target_only/target-only_deeplabv2-vgg16_120k_synthia2cityscapes.py",
        bounds=_VGG,
    ),
    dict(
        name="source_only",
        title="without adaptation",
        config="configs/source_only/source-only_deeplabv2-r101_120k_synthia2cityscapes.py",
        published=[
            55.6, 23.8, 74.6, 9.2, 0.2, 24.4, 6.1, 12.1, 74.8, 79.0,
            55.3, 19.1, 39.6, 23.3, 13.7, 25.0, 33.5, 38.6, None,
        ],
    ),
    dict(
        name="feature_space",
        title="feature space",
        config="configs/uda/output_space/feature-level_deeplabv2-r101_120k_synthia2cityscapes.py",
        published=[
            62.4, 21.9, 76.3, 11.5, 0.1, 24.9, 11.7, 11.4, 75.3, 80.9,
            53.7, 18.5, 59.7, 13.7, 20.6, 24.0, 35.4, 40.8, None,
        ],
    ),
    dict(
        name="output_space",
        title="output space",
        config="configs/uda/output_space/single-level_deeplabv2-r101_120k_synthia2cityscapes.py",
        published=[
            79.2, 37.2, 78.8, 10.5, 0.3, 25.1, 9.9, 10.5, 78.2, 80.5,
            53.5, 19.6, 67.0, 29.5, 21.6, 31.3, 39.5, 45.9, None,
        ],
    ),
    dict(
        name="patch_fu",
        title="Fu + patch level",
        config="configs/uda/patch/patch-fu_deeplabv2-r101_120k_synthia2cityscapes.py",
        published=[
            82.4, 38.0, 78.6, 8.7, 0.6, 26.0, 3.9, 11.1, 75.5, 84.6,
            53.5, 21.6, 71.4, 32.6, 19.3, 31.7, 40.0, 46.5, None,
        ],
    ),
    dict(
        name="target_only",
        title="target only",
        config="configs/target_only/target-only_deeplabv2-r101_120k_synthia2cityscapes.py",
    ),
]  # fmt: skip
