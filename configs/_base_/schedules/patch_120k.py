# The published schedule of patch-level alignment: that of its predecessors, where the categoriser
# is trained like the network below it.
_base_ = "adversarial_120k.py"
optim_wrapper = dict(
    optimizers=dict(
        categoriser=dict(
            params="alignments.*categoriser*",
            optimizer=dict(type="SGD", lr=2.5e-4, momentum=0.9, weight_decay=5e-4),
        )
    )
)
