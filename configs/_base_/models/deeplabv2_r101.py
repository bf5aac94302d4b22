# DeepLab-v2 on ResNet-101 as mmda trains it.
_base_ = "../segmentors/deeplabv2_r101.py"
model = dict(
    type="UDASegmentor",
    data_preprocessor={{_base_.input_statistics}},
    segmentor={{_base_.segmentor}},
)
