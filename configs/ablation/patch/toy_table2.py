# Patch-level alignment on top of other ways to adapt, on the toy cities. All rows but the bounds
# are patch_fusion.py with parts switched off: a weight of 0, translated tiles that keep their look,
# and a second step that would begin after the last iteration.
_base_ = "../cdga/toy_table1.py"
title = "Patch-level alignment beside and with other methods on the toy cities"
paper = "The rows of Tsai et al., Discriminative Patch Representations, Table 2, on generated data."
notes = []
columns = ["mIoU", "NAM", dict(metric="mIoU", minus="source_only", title="gain")]
_alignments = "model.alignments"
_common = {
    f"{_alignments}.*.start": 0,
    f"{_alignments}.pseudo.start": 100,
    f"{_alignments}.patch.grid": (6, 6),
    "default_hooks.checkpoint.interval": 50,
}
_off = {
    "ou": {f"{_alignments}.output.weights.decode": 0.0},
    "pi": {"train_dataloader.dataset.source.datasets.1.pipeline.1.prob": 0.0},
    "ps": {f"{_alignments}.pseudo.start": 200},
}
_no_patch = {f"{_alignments}.patch.weights.d": 0.0, f"{_alignments}.patch.weights.adv": 0.0}
_bases = {
    "ou": ("output space (Ou)", ["pi", "ps"]),
    "pi": ("pixel level (Pi)", ["ou", "ps"]),
    "ps": ("pseudo-labels (Ps)", ["ou", "pi"]),
    "fu": ("fusion of all three (Fu)", []),
}


def _row(name, title, off, patch):
    switched = {key: value for part in off for key, value in _off[part].items()}
    return dict(
        name=name,
        title=title,
        config="configs/toy/patch_fusion.py",
        overrides={**_common, **switched, **({} if patch else _no_patch)},
        start_from="warm_up",
    )


rows = [
    {{_base_._warm_up}},
    {{_base_._source_only}},
    _row("patch", "+ patch level", ["ou", "pi", "ps"], True),
    *[
        _row(f"{name}_patch" if patch else name, "+ patch level" if patch else title, off, patch)
        for name, (title, off) in _bases.items()
        for patch in (False, True)
    ],
    {{_base_._target_only}},
]
