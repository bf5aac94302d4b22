# Patch-level alignment on top of other ways to adapt, on toy cities of a larger shift.
_base_ = "toy_table2.py"
title = "Patch-level alignment beside and with other methods on toy cities that differ more"
paper = "The rows of Tsai et al., Discriminative Patch Representations, Table 3, on generated data."
tasks = [dict(name="buildings", toy=dict(task="buildings", shift="hard"))]
