# A CycleGAN that keeps the classes that a segmentor sees (CyCADA's semantic consistency).
# `load_from` names the checkpoint of a training of DeepLab-v2 on ResNet-101.
_base_ = [
    "cyclegan_resnet9_200k_gta52cityscapes.py",
    "../_base_/segmentors/deeplabv2_r101_street.py",
]
model = dict(
    segmentor={{_base_.segmentor}},
    segmentor_preprocessor={{_base_.input_statistics}},
    weights=dict(semantic=0.1),
)
