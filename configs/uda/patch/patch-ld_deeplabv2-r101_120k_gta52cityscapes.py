# Only the modes are learned, on the source: no adversarial term (the row L_s + L_d).
_base_ = "patch_deeplabv2-r101_120k_gta52cityscapes.py"
model = dict(alignments=dict(patch=dict(weights=dict(adv=0.0))))
