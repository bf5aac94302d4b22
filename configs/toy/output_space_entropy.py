# Adversarial alignment of entropy maps alone (AdvEnt).
_base_ = "output_space.py"
model = dict(alignments=dict(output=dict(maps="entropy")))
