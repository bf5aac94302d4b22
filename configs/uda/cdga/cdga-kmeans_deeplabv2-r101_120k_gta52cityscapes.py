# Groups by k-means on the backbone's features, in place of learned ones.
_base_ = "cdga-bdl_deeplabv2-r101_120k_gta52cityscapes.py"
model = dict(alignments=dict(cdga=dict(grouping=dict(type="KMeansGrouping", in_channels=2048))))
