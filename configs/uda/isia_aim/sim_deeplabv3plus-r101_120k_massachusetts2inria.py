# SIM, buildings, Massachusetts -> Inria.
# Things are matched by instance, stuff by its mean feature, all classes with one weight, which
# falls in the second step. No ISIA.
_base_ = "isia-aim_deeplabv3plus-r101_120k_massachusetts2inria.py"
model = dict(
    alignments=dict(
        isia=dict(weight=0.0),
        aim=dict(adaptive=False, verify_target=True, stuff=[0], weight=0.01),
    )
)
custom_hooks = [
    dict(type="TeacherEMAHook"),
    dict(type="PseudoLabelHook", thresholds="median", softmax="before", num_workers=4),
    dict(type="AlignmentWeightHook", alignment="aim", weight=0.001),  # in the second step
]
# The discriminator of SIM has the rate of AdaptSegNet, and no weight decay.
optim_wrapper = dict(optimizers=dict(discriminator=dict(optimizer=dict(lr=1e-4, weight_decay=0.0))))
