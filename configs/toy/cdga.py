# Cross-domain grouping and alignment alone (CDGA).
_base_ = "output_space.py"
model = dict(
    alignments=dict(
        _delete_=True,
        cdga=dict(
            type="GroupAlignment",
            num_classes=2,
            weights=dict(co=0.01, orth=0.01, cadv=0.01, cl=0.001),
            discriminator=dict(channels=32, num_layers=4),
            input_scale=0.5,
            start=200,
        ),
    )
)
