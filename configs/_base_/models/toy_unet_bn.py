# The U-Net of toy_unet.py with batch norm, whose statistics can be adapted to the target.
_base_ = "toy_unet.py"
batch_norm = dict(_delete_=True, type="BN", requires_grad=True)
model = dict(
    segmentor=dict(
        backbone=dict(norm_cfg=dict(**batch_norm)), decode_head=dict(norm_cfg=dict(**batch_norm))
    )
)
