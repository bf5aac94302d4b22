# Patch-level alignment with 200 modes.
_base_ = "patch_deeplabv2-r101_120k_gta52cityscapes.py"
model = dict(alignments=dict(patch=dict(num_modes=200)))
