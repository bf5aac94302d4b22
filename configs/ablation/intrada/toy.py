# The two steps of IntraDA on one pair of toy cities, whose folder is MMDA_TOY_ROOT. Train the first
# row (`--rows advent`), write the pseudo-labels with its model as ../../uda/intrada/README.md says,
# then train the second.
title = "IntraDA: from easy to hard tiles, on toy cities"
columns = ["mIoU", dict(metric="mIoU", minus="advent", title="gain")]
rows = [
    dict(name="advent", title="AdvEnt", config="configs/toy/output_space_entropy.py"),
    dict(name="intrada", title="IntraDA", config="configs/toy/intrada.py"),
]
