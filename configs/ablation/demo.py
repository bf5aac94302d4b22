# What `mmda demo` trains: its options change the cities, the seed and the length of the trainings.
title = "Demo: two toy cities"
toy = dict(task="buildings")
source_only, target_only = "source_only", "target_only"
columns = ["mIoU", "mF1", "NAM"]
rows = [
    dict(name="source_only", config="configs/toy/source_only_bn.py"),
    dict(name="adapted", config="configs/toy/adabn.py"),
    dict(name="target_only", config="configs/toy/target_only_bn.py"),
]
