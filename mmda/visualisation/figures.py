"""The figures of ``mmda figures``: from the options to the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from mmengine.config import Config
from tqdm import tqdm

from mmda.engine.checkpoint import load_weights
from mmda.engine.inference import build_model, load_model, place_model
from mmda.engine.launch import load_config
from mmda.errors import ConfigError, did_you_mean
from mmda.models.alignments import GroupAlignment
from mmda.models.segmentors import UDASegmentor
from mmda.utils.seeding import seeded
from mmda.visualisation.domains import open_domain, read_shown, run_pair, spread_pairs
from mmda.visualisation.drawing import group_colours, log_figure, save_figure
from mmda.visualisation.fitted import feature_pixels, fit_grouping, fitted_maps, match_groups
from mmda.visualisation.group_maps import (
    group_alignments,
    group_figure,
    group_maps,
    hard_groups,
    on_image,
    soft_groups,
)
from mmda.visualisation.options import (
    PATCHES,
    FigureOptions,
    GroupOptions,
    PatchOptions,
    TsneOptions,
)
from mmda.visualisation.patches import collect_patches, example_figure, patch_alignment
from mmda.visualisation.tsne import Pair, choose_pixels, collect_points, embed, tsne_figure

INIT = "init"  # stands for the untrained model where a checkpoint is named
FIT_PIXELS = 40_000  # of both domains together
Maps = dict[str, np.ndarray]


def groups(options: GroupOptions) -> str:
    """Draw group maps (CDGA, Fig. 3 and 4); return a description of the figure."""
    config = load_config(options.config, options.cfg_options)
    source, target = (open_domain(config, name, options.split) for name in ("source", "target"))
    pair = (
        read_shown(source, options.source_index, "--source-index"),
        read_shown(target, options.target_index, "--target-index"),
    )
    stages: dict[str, Maps] = {}
    for path in tqdm(options.checkpoints, "checkpoints"):
        model, alignment, iteration = _open_stage(path, options)
        title = Path(path).stem if iteration is None else f"iteration {iteration}"
        title = title if title not in stages else path
        stages[title] = group_maps(model, alignment, pair)
    if len(stages) == 1 and not options.compare:
        (maps,) = stages.values()
        columns = {domain: soft_groups(h) for domain, h in maps.items()}
        what = f"{len(maps['source'])} groups of one checkpoint"
    else:
        pairs = list(spread_pairs(source, target, options.images)) if options.compare else []
        compared = {
            kind: _fitted(kind, model, alignment, pair, pairs, options.seed)
            for kind in tqdm(options.compare, "fits", disable=not options.compare)
        }
        columns = _side_by_side(compared, stages)
        what = f"{len(stages)} checkpoints, {len(compared)} fitted groupings"
    step = iteration if iteration and len(stages) == 1 else 0
    _write(group_figure(pair, columns, source.metainfo), options, "groups", step)
    return what


def _write(figure: Any, options: FigureOptions, kind: str, step: int = 0) -> None:
    """Write a figure to its file and, with ``--tensorboard``, to an event file."""
    save_figure(figure, options.out)
    if options.tensorboard is not None:
        log_figure(figure, options.tensorboard, f"figures/{kind}", step)


def choose_alignment(model: UDASegmentor, name: str | None) -> tuple[str, GroupAlignment]:
    """Return the name and the group alignment called ``name``, or the first one for None.

    Raises:
        ConfigError: When the model has no group alignment, or none of that name.
    """
    found = group_alignments(model)
    if name is not None and name not in found:
        raise ConfigError(
            f"--alignment `{name}` is not one of the model's group alignments {sorted(found)}."
            + did_you_mean(name, found)
        )
    return (name, found[name]) if name else next(iter(found.items()))


def _open_stage(
    path: str, options: GroupOptions
) -> tuple[UDASegmentor, GroupAlignment, int | None]:
    """Return a checkpoint's model, its group alignment, and its iteration if that is known."""
    if path == INIT:
        with seeded(options.seed):
            model = build_model(options.config, options.cfg_options, initial=True)
        checkpoint = None
    else:
        model = build_model(options.config, options.cfg_options)
        checkpoint = load_weights(model, path)
    name, alignment = choose_alignment(model, options.alignment)
    if checkpoint is not None:
        _check_groups(checkpoint, path, f"alignments.{name}.grouping.")
    iteration = 0 if checkpoint is None else checkpoint.get("meta", {}).get("iter")
    return place_model(model, options.device), alignment, iteration


def _check_groups(checkpoint: dict, path: str, prefix: str) -> None:
    """Raise a :class:`ConfigError` if a checkpoint was trained without the groups."""
    if not any(key.startswith(prefix) for key in checkpoint.get("state_dict", checkpoint)):
        raise ConfigError(
            f"The checkpoint `{path}` has no weights `{prefix}*`: it was trained without these "
            "groups. Use a checkpoint of a run with this config."
        )


def _fitted(
    name: str,
    model: UDASegmentor,
    alignment: GroupAlignment,
    shown: Pair,
    pairs: list[Pair],
    seed: int,
) -> Maps:
    """Fit groups to features of both domains and return those of the shown images."""
    pixels = feature_pixels(model, pairs, max(1, FIT_PIXELS // (2 * len(pairs))), seed)
    grouping = fit_grouping(name, pixels, alignment.grouping.num_groups, seed)
    batches = run_pair(model, *shown)
    return {
        domain: on_image(fitted_maps(grouping, alignment, batch), batch, image)
        for (domain, batch), image in zip(batches.items(), shown, strict=True)
    }


def _side_by_side(compared: dict[str, Maps], stages: dict[str, Maps]) -> dict[str, dict]:
    """Return hard groups by domain and title; fitted groups have the order of the last stage."""
    columns: dict[str, dict[str, Any]] = {"source": {}, "target": {}}
    last = list(list(stages.values())[-1].values())
    titles = {"kmeans": "K-means", "nmf": "NMF"}
    matched = {
        titles[name]: dict(zip(maps, match_groups(list(maps.values()), last), strict=True))
        for name, maps in compared.items()
    }
    for title, maps in {**matched, **stages}.items():
        for domain, h in maps.items():
            columns[domain][title] = hard_groups(h)
    return columns


def tsne(options: TsneOptions) -> str:
    """Draw t-SNE of models' outputs (CDGA, Fig. 5); return a description of the figure."""
    config = load_config(options.models[0][1], options.cfg_options)
    pairs, meta = _pairs(config, None, options)
    generator = np.random.default_rng(options.seed)
    share = -(-options.points // options.images)
    places = [tuple(choose_pixels(image, share, generator) for image in pair) for pair in pairs]
    classes = list(meta["classes"])
    # Of two classes, one probability determines the other, and t-SNE would draw a line.
    what = options.of or ("probabilities" if len(classes) > 2 else "features")
    drawn = {}
    for name, path, checkpoint in tqdm(options.models, "models"):
        model = load_model(path, checkpoint, options.device, options.cfg_options)
        if model.num_classes != len(classes):
            raise ConfigError(
                f"--model {name}: `{path}` has {model.num_classes} classes, but the data of "
                f"`{options.models[0][1]}` have {len(classes)}. Compare models of one task."
            )
        if path != options.models[0][1]:
            seen, _ = _pairs(config, load_config(path, options.cfg_options), options)
        else:
            seen = pairs
        if what == PATCHES:
            points = collect_patches(model, seen, options.points, options.seed)
            meta = _mode_meta(model, meta)
        else:
            points = collect_points(model, seen, places, what)  # type: ignore[arg-type]
        drawn[name] = (points, embed(points, options.perplexity, options.seed))
    _write(tsne_figure(drawn, meta), options, "tsne")
    counts = " and ".join(f"{len(one.vectors)} {domain}" for domain, one in points.items())
    unit = "vectors" if what == PATCHES else "pixels"
    return f"{what} of {counts} {unit}, {options.images} images each, {len(drawn)} models"


def _mode_meta(model: UDASegmentor, meta: dict[str, Any]) -> dict[str, Any]:
    """Return names and colours of modes, of as many as the models have at most."""
    count = max(patch_alignment(model).modes.centroids.shape[0], len(meta.get("modes", ())))
    names = [f"mode {mode}" for mode in range(count)]
    colours = np.rint(255 * group_colours(count)).astype(int).tolist()
    return {**meta, "modes": names, "classes": names, "palette": colours}


def patches(options: PatchOptions) -> str:
    """Draw example patches of both domains for each mode; return a description of the figure."""
    config = load_config(options.config, options.cfg_options)
    model = load_model(options.config, options.checkpoint, options.device, options.cfg_options)
    pairs, meta = _pairs(config, None, options)
    figure, modes = example_figure(model, pairs, meta, options.modes, options.examples)
    _write(figure, options, "patches")
    return f"patches of {modes} modes, from {options.images} images of each domain"


def _pairs(
    config: Config, seen_by: Config | None, options: TsneOptions | PatchOptions
) -> tuple[list[Pair], dict[str, Any]]:
    """Return image pairs in the look of a model's training, and the classes' names and colours."""
    source, target = (open_domain(config, d, options.split, seen_by) for d in ("source", "target"))
    return list(spread_pairs(source, target, options.images)), source.metainfo
