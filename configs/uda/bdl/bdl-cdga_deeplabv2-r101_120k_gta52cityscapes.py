# CDGA on BDL's base: translated source images and pseudo-labels of the model that it starts from.
_base_ = "bdl-ssl_deeplabv2-r101_120k_gta52cityscapes.py"
model = dict(
    alignments=dict(
        _delete_=True,
        cdga=dict(
            type="GroupAlignment",
            num_classes={{_base_.model.segmentor.decode_head.num_classes}},
        ),
        pseudo=dict(type="PseudoLabels"),
    )
)
