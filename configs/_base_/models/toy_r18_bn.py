# The ResNet-18 of toy_r18.py with batch norm, whose statistics can be adapted to the target.
_base_ = "toy_r18.py"
batch_norm = dict(_delete_=True, type="BN", requires_grad=True)
model = dict(
    segmentor=dict(
        backbone=dict(norm_cfg=dict(**batch_norm)), decode_head=dict(norm_cfg=dict(**batch_norm))
    )
)
