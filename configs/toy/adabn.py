# Trained on the source city alone with a network with batch norm, which gets the target city's
# statistics after the last iteration (AdaBN): the baseline that adaptation has to beat.
_base_ = "source_only.py"
batch_norm = dict(_delete_=True, type="BN", requires_grad=True)
model = dict(
    segmentor=dict(
        backbone=dict(norm_cfg=dict(**batch_norm)), decode_head=dict(norm_cfg=dict(**batch_norm))
    )
)
custom_hooks = [dict(type="AdaptBatchNormHook", data_root={{_base_.target_root}}, split="train")]
