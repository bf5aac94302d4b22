# Cross-domain grouping and alignment alone (CDGA). As published, but for what a run of hundreds of
# iterations, not 120 000, asks for. In the grouping orth outweighs co, which else holds the groups
# equal, and equal groups align no more than output space does; in the segmentor the gradients of
# both are mostly below that of the adversarial term. As in output_space.py the maps are half the
# image's size and the discriminator's input is of the size of softmax maps; it is told one
# condition for both domains, which then does not give them away. The adversarial term does not
# train the grouping: it would put all pixels into one group. Adam, whose steps do not shrink with
# small weights, does. Its learning rate is no higher than the discriminator's, which would
# otherwise have to follow groups that move under it.
_base_ = "output_space.py"
model = dict(
    alignments=dict(
        _delete_=True,
        cdga=dict(
            type="GroupAlignment",
            num_classes=2,
            weights=dict(cadv=0.05, co=0.3, orth=0.03, cl=1e-4),
            discriminator=dict(channels=32, num_layers=4, normalise=True),
            condition="shared",
            adversarial_grouping=False,
            input_scale=0.5,
            start=200,
        ),
    )
)
optim_wrapper = dict(
    optimizers=dict(grouping=dict(optimizer=dict(_delete_=True, type="Adam", lr=1e-3)))
)
custom_hooks = [
    dict(type="TeacherEMAHook"),
    dict(type="GroupingRefreshHook", interval=200, images=16),
    dict(type="GroupDiagnosticsHook", interval=20),
]
