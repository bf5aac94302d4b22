# Table 1: all terms but class equivalence.
_base_ = "cdga-bdl_deeplabv2-r101_120k_gta52cityscapes.py"
model = dict(alignments=dict(cdga=dict(weights=dict(cl=0.0))))
