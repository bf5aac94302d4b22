# Patch-level alignment with fusion beside other methods, on toy cities of a larger shift.
_base_ = "toy_table4.py"
title = "Patch-level alignment beside other methods on toy cities that differ more"
paper = "The comparison of Tsai et al., Discriminative Patches, Table 5, on generated data."
tasks = [dict(name="buildings", toy=dict(task="buildings", shift="hard"))]
