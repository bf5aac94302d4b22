"""The figures of ``mmda figures``, from its arguments to the file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from mmda.engine.checkpoint import load_weights
from mmda.engine.inference import load_model
from mmda.engine.launch import load_config
from mmda.errors import ConfigError, did_you_mean
from mmda.models.alignments import GroupAlignment
from mmda.models.segmentors import UDASegmentor
from mmda.visualisation.domains import open_domain, read_shown, run_pair, spread_pairs
from mmda.visualisation.drawing import save_figure
from mmda.visualisation.fitted import feature_pixels, fit_grouping, fitted_maps, match_groups
from mmda.visualisation.group_maps import (
    group_alignments,
    group_figure,
    group_maps,
    hard_groups,
    on_image,
    soft_groups,
)
from mmda.visualisation.tsne import Pair, choose_pixels, collect_points, embed, tsne_figure

FIT_PIXELS = 40_000  # of both domains together
Maps = dict[str, np.ndarray]


def groups(args: argparse.Namespace) -> str:
    """Draw group maps (CDGA, Fig. 3 and 4); return what was drawn."""
    config = load_config(args.config, args.cfg_options)
    source, target = (open_domain(config, name, args.split) for name in ("source", "target"))
    pair = (
        read_shown(source, args.source_index, "--source-index"),
        read_shown(target, args.target_index, "--target-index"),
    )
    model = load_model(args.config, args.checkpoints[0], args.device, args.cfg_options)
    name, alignment = choose_alignment(model, args.alignment)
    stages: dict[str, Maps] = {}
    for path in tqdm(args.checkpoints, "checkpoints"):
        checkpoint = load_weights(model, path)
        _check_groups(checkpoint, path, f"alignments.{name}.grouping.")
        title = _stage(path, checkpoint, stages)
        stages[title] = group_maps(model, alignment, pair)
    if len(stages) == 1 and not args.compare:
        (maps,) = stages.values()
        columns = {domain: soft_groups(h) for domain, h in maps.items()}
        what = f"{len(maps['source'])} groups of one checkpoint"
    else:
        pairs = list(spread_pairs(source, target, args.images)) if args.compare else []
        compared = {
            kind: _fitted(kind, model, alignment, pair, pairs, args.seed)
            for kind in tqdm(args.compare, "fits", disable=not args.compare)
        }
        columns = _side_by_side(compared, stages)
        what = f"{len(stages)} checkpoints, {len(compared)} fitted groupings"
    save_figure(group_figure(pair, columns, source.metainfo), args.out)
    return what


def choose_alignment(model: UDASegmentor, name: str | None) -> tuple[str, GroupAlignment]:
    """Return the name and the group alignment called ``name``, or the first.

    Raises:
        ConfigError: When there is none, or none of that name.
    """
    found = group_alignments(model)
    if name is not None and name not in found:
        raise ConfigError(
            f"--alignment `{name}` is none of the model's group alignments {sorted(found)}."
            + did_you_mean(name, found)
        )
    return (name, found[name]) if name else next(iter(found.items()))


def _check_groups(checkpoint: dict, path: str, prefix: str) -> None:
    """Raise a :class:`ConfigError` where a checkpoint was trained without the groups."""
    if not any(key.startswith(prefix) for key in checkpoint.get("state_dict", checkpoint)):
        raise ConfigError(
            f"The checkpoint `{path}` has no weights `{prefix}*`: it was trained without these "
            "groups. Give one of a run with this config."
        )


def _stage(path: str, checkpoint: dict, taken: dict) -> str:
    """Return a checkpoint's title: its iteration, or its file's name."""
    done = checkpoint.get("meta", {}).get("iter")
    title = Path(path).stem if done is None else f"iteration {done}"
    return title if title not in taken else str(path)


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
    """Return hard groups by domain and title; the fitted ones in the last stage's order."""
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


def tsne(args: argparse.Namespace) -> str:
    """Draw t-SNE of models' output (CDGA, Fig. 5); return what was drawn."""
    names = [name for name, *_ in args.model]
    if len(set(names)) < len(names):
        raise ConfigError(f"--model: the names {names} are not unique; each is a plane's title.")
    config = load_config(args.model[0][1], args.cfg_options)
    source, target = (open_domain(config, name, args.split) for name in ("source", "target"))
    pairs = list(spread_pairs(source, target, args.images))
    generator = np.random.default_rng(args.seed)
    share = -(-args.points // args.images)
    places = [tuple(choose_pixels(image, share, generator) for image in pair) for pair in pairs]
    classes = list(source.metainfo["classes"])
    # Two probabilities are one number: t-SNE would draw a thread.
    what = args.of or ("probabilities" if len(classes) > 2 else "features")
    drawn = {}
    for name, path, checkpoint in tqdm(args.model, "models"):
        model = load_model(path, checkpoint, args.device, args.cfg_options)
        if model.num_classes != len(classes):
            raise ConfigError(
                f"--model {name}: `{path}` has {model.num_classes} classes, the data of "
                f"`{args.model[0][1]}` have {len(classes)}. Compare models of one task."
            )
        points = collect_points(model, pairs, places, what)  # type: ignore[arg-type]
        drawn[name] = (points, embed(points, args.perplexity, args.seed))
    save_figure(tsne_figure(drawn, source.metainfo), args.out)
    counts = " and ".join(f"{len(one.vectors)} {domain}" for domain, one in points.items())
    return f"{what} of {counts} pixels, {args.images} images each, {len(drawn)} models"
