# Patch-level alignment with pseudo-labels from iteration 40k on.
_base_ = "patch_120k.py"
second_step = 40_000
