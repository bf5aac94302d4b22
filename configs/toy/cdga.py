# Cross-domain grouping and alignment alone (CDGA). As published, but for what a run of hundreds of
# iterations, not 120 000, asks for: the adversarial term weighs as much as in output_space.py, and
# Adam, whose steps do not shrink with the losses' small weights, trains the groups.
_base_ = "output_space.py"
model = dict(
    alignments=dict(
        _delete_=True,
        cdga=dict(
            type="GroupAlignment",
            num_classes=2,
            weights=dict(cadv=0.01),
            discriminator=dict(channels=32, num_layers=3),
            input_scale=0.25,
            start=200,
        ),
    )
)
optim_wrapper = dict(
    optimizers=dict(grouping=dict(optimizer=dict(_delete_=True, type="Adam", lr=1e-2)))
)
custom_hooks = [
    dict(type="TeacherEMAHook"),
    dict(type="GroupingRefreshHook", interval=200, images=16),
    dict(type="GroupDiagnosticsHook", interval=20),
]
