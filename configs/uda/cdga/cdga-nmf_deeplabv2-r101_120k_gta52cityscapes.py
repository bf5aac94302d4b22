# Groups by deep feature factorisation, in place of learned ones.
_base_ = "cdga-bdl_deeplabv2-r101_120k_gta52cityscapes.py"
model = dict(alignments=dict(cdga=dict(grouping=dict(type="NMFGrouping", in_channels=2048))))
