# As published for ISIA and AIM: pseudo-labels from iteration 40k on, and a discriminator that
# learns at half the rate of its predecessors, with the segmentor's weight decay.
_base_ = "adversarial_120k.py"
second_step = 40_000
optim_wrapper = dict(
    optimizers=dict(discriminator=dict(optimizer=dict(lr=5e-5, weight_decay=5e-4)))
)
