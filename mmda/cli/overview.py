"""The commands by task, and the page that ``mmda --help`` shows."""

from __future__ import annotations

TASKS = {
    "first steps": {
        "demo": "the main job, end to end, on the toy cities",
        "configs": "list the configs that come with mmda, or copy one to edit",
        "weights": "list or fetch the pretrained weights that configs start from",
    },
    "data": {
        "tile": "tile rasters or convert a dataset: mmda tile NAME ...",
        "verify": "check a tiled dataset against its manifest",
        "pair": "make a transfer task from two tiled datasets",
        "translate": "copy a tiled dataset in another domain's look",
    },
    "train": {
        "train": "train a segmentor from a config",
        "test": "evaluate a checkpoint",
        "pseudo_label": "label a target dataset with a model, for self-training",
        "adapt-bn": "estimate a model's batch-norm statistics anew on a target",
    },
    "choose without target labels": {
        "select": "choose among checkpoints without target labels",
        "calibrate": "fit the temperature of a model's probabilities, for the target",
        "suggest": "which tiles of an unlabelled target to label next",
    },
    "map": {
        "predict": "map whole rasters to georeferenced masks",
        "mosaic": "join the bands that shards of a prediction have made",
        "vectorise": "polygons and road centre lines of masks",
        "score": "score maps against the truth",
    },
    "exchange models": {
        "convert": "take over a checkpoint of a public adaptation code",
        "export": "write a model for others: safetensors, MMSegmentation or ONNX",
    },
    "research": {
        "compare": "train every method on your source and target: one table",
        "ablation": "train the rows of a table over seeds and render it",
        "figures": "group maps of CDGA models; patches of modes; t-SNE of what models put out",
        "report": "scores, curves, maps and data of work dirs in one HTML file",
        "complexity": "what a config's model costs, at inference or in training",
        "discover-patch-modes": "find the modes of patch-level alignment in the source's labels",
    },
    "help": {
        "env": "the versions that a bug report needs",
        "completion": "a script that completes mmda's commands and options in your shell",
    },
}
"""Summary of each command, by the task that it belongs to."""

COMMANDS = {name: summary for commands in TASKS.values() for name, summary in commands.items()}
"""Summary of each command."""


def overview() -> str:
    """Return the help of ``mmda`` itself: all commands, grouped by task."""
    width = max(map(len, COMMANDS))
    lines = [
        "usage: mmda COMMAND ...",
        "",
        "Remote-sensing domain adaptation for semantic segmentation.",
    ]
    for task, commands in TASKS.items():
        lines += ["", f"{task}:"]
        lines += [f"  {name:<{width}}  {summary}" for name, summary in commands.items()]
    lines += ["", "mmda COMMAND --help tells a command's options, mmda --version the version."]
    return "\n".join(lines)
