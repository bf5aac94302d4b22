# With a second head of the same kind on the same features; both predict together.
_base_ = "deeplabv3plus_r101.py"
model = dict(
    segmentor=dict(type="TwinEncoderDecoder", auxiliary_head=_base_.model.segmentor.decode_head),
)
