# Fig. 6: K = 16.
_base_ = "cdga-bdl_deeplabv2-r101_120k_gta52cityscapes.py"
model = dict(alignments=dict(cdga=dict(num_groups=16)))
