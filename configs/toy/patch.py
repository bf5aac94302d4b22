# Patch-level alignment alone: patches of 16 pixels, 8 modes. As in output_space.py the weights are
# those of a run of hundreds of iterations.
_base_ = [
    "../_base_/toy_runtime.py",
    "../_base_/models/toy_unet.py",
    "../_base_/datasets/toy.py",
    "../_base_/schedules/toy.py",
]
model = dict(
    alignments=dict(
        patch=dict(
            type="PatchAlignment",
            num_classes=2,
            num_modes=8,
            grid=(8, 8),
            weights=dict(d=0.1, adv=0.01),
            discriminator=dict(channels=(64, 64)),
            start=200,
        )
    )
)
optim_wrapper = dict(
    optimizers=dict(
        categoriser=dict(params="alignments.*categoriser*", optimizer=dict(type="Adam", lr=1e-3)),
        discriminator=dict(optimizer=dict(lr=1e-3)),
    )
)
custom_hooks = [dict(type="TeacherEMAHook"), dict(type="PatchModesHook", images=100)]
