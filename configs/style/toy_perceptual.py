# A small CycleGAN that keeps what a segmentor sees (BDL's perceptual terms)
# between the toy cities. `load_from` names the checkpoint of a small U-Net's training.
_base_ = ["toy.py", "../_base_/segmentors/toy_unet.py"]
model = dict(
    segmentor={{_base_.segmentor}},
    segmentor_preprocessor={{_base_.input_statistics}},
    weights=dict(perceptual=0.1, perceptual_cycle=10.0),
)
