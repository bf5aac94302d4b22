# A CycleGAN that keeps what a segmentor sees (BDL's perceptual terms).
# `load_from` names the checkpoint of a training of DeepLab-v2 on ResNet-101.
_base_ = [
    "cyclegan_resnet9_200k_gta52cityscapes.py",
    "../_base_/segmentors/deeplabv2_r101_street.py",
]
model = dict(
    segmentor={{_base_.segmentor}},
    segmentor_preprocessor={{_base_.input_statistics}},
    weights=dict(perceptual=0.1, perceptual_cycle=10.0),
)
