# Adversarial alignment of patches whose modes are not learned (the row L_s + L_adv).
_base_ = "patch_deeplabv2-r101_120k_gta52cityscapes.py"
model = dict(alignments=dict(patch=dict(weights=dict(d=0.0))))
