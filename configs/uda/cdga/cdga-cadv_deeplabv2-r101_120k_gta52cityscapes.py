# Table 1: the adversarial term alone.
_base_ = "cdga-bdl_deeplabv2-r101_120k_gta52cityscapes.py"
model = dict(alignments=dict(cdga=dict(weights=dict(co=0.0, orth=0.0, cl=0.0))))
