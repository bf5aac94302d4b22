# Patch-level alignment with fusion beside other methods, on the toy cities.
_base_ = "toy_table2.py"
title = "Patch-level alignment beside other methods on the toy cities"
paper = "The comparison of Tsai et al., Discriminative Patches, Table 4, on generated data."
columns = ["mIoU", "NAM", dict(metric="mIoU", minus="output_space", title="over output space")]
_at_once = {"model.alignments.*.start": 0}
rows = [
    {{_base_._warm_up}},
    {{_base_._source_only}},
    *[
        dict(
            name=name,
            title=title,
            config=f"configs/toy/{name}.py",
            overrides=_at_once,
            start_from="warm_up",
        )
        for name, title in (
            ("feature_level", "feature space"),
            ("output_space", "output space"),
        )
    ],
    dict(
        name="fu_patch",
        title="Fu + patch level",
        config="configs/toy/patch_fusion.py",
        overrides={{_base_._common}},
        start_from="warm_up",
    ),
    {{_base_._target_only}},
]
