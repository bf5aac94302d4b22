# DeepLab-v2 on VGG-16 as mmda trains it.
_base_ = "../segmentors/deeplabv2_vgg16.py"
model = dict(
    type="UDASegmentor",
    data_preprocessor={{_base_.input_statistics}},
    segmentor={{_base_.segmentor}},
)
