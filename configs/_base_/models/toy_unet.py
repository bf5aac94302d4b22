# The small U-Net as mmda trains it.
_base_ = "../segmentors/toy_unet.py"
model = dict(
    type="UDASegmentor",
    data_preprocessor={{_base_.input_statistics}},
    segmentor={{_base_.segmentor}},
)
