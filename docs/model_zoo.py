"""Writes `docs/model_zoo.md` from the `metafile.yml` beside each method's configs.

`make zoo` runs it. It first enters full-scale configs that are in no metafile as not run, and ends
with an error when a folder has no metafile, or one names a config that does not exist. It needs
PyYAML alone.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "model_zoo.md"
FULL_SCALE = re.compile(r"_\d+k_[a-z0-9]+2[a-z0-9]+\.py$")  # method_network_schedule_source2target
HEAD = """\
# Model zoo

Every full-scale config, from the `metafile.yml` of its folder (`make zoo` writes this page).
*Published* is the figure of the method's paper, or of the paper that the folder's README names,
mIoU in percent; *ours* is what the config reached in mmda, where it was run. There are no trained
weights to download; `mmda convert` takes over those of some public codes.
"""
TRANSFERS = {
    "gta52cityscapes": "GTA5 -> Cityscapes",
    "synthia2cityscapes": "SYNTHIA -> Cityscapes",
    "cityscapes2robotcar": "Cityscapes -> Oxford RobotCar",
    "massachusetts2inria": "Massachusetts -> Inria (buildings)",
    "inria2massachusetts": "Inria -> Massachusetts (buildings)",
    "massachusetts2deepglobe": "Massachusetts -> DeepGlobe (roads)",
    "deepglobe2massachusetts": "DeepGlobe -> Massachusetts (roads)",
}
ENTRY = """\
  - Name: {name}
    In Collection: {collection}
    Config: {config}
    Metadata: {{Training Resources: not run}}
    Results:
      - Task: {task}
        Dataset: {transfer}
        Metrics: {metrics}
"""
COLUMNS = "| config | network | transfer | published | ours | training |\n|---|---|---|---|---|---|"


def metafiles() -> dict[Path, dict[str, Any]]:
    """Return the content of each metafile, by its path."""
    paths = sorted((ROOT / "configs").rglob("metafile.yml"))
    return {path: _read(path) for path in paths}


def _read(path: Path) -> dict[str, Any]:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {**content, "Models": content["Models"] or []}


def full_scale_configs() -> set[str]:
    """Return the paths of all full-scale configs, from the repository's folder on."""
    paths = (path for path in (ROOT / "configs").rglob("*.py") if "_base_" not in path.parts)
    return {path.relative_to(ROOT).as_posix() for path in paths if FULL_SCALE.search(path.name)}


def listed_configs() -> list[str]:
    """Return the paths of the configs in all metafiles."""
    return [model["Config"] for content in metafiles().values() for model in content["Models"]]


def enter_missing() -> None:
    """Enter the configs that are in no metafile in that of their folder, where it has one."""
    for config in sorted(full_scale_configs() - set(listed_configs())):
        path = (ROOT / config).with_name("metafile.yml")
        if path.is_file():
            with path.open("a", encoding="utf-8") as file:
                file.write(_entry(config, _read(path)))


def _entry(config: str, content: dict[str, Any]) -> str:
    """Return a config's entry, in the collection of its method or else in the folder's last."""
    name = Path(config).stem
    method, *_, transfer = name.split("_")
    models = content["Models"]
    alike = [model for model in models if model["Name"].startswith(f"{method}_")]
    task = "Image Translation" if method.startswith("cyclegan") else "Semantic Segmentation"
    return ENTRY.format(
        name=name,
        collection=alike[0]["In Collection"] if alike else content["Collections"][-1]["Name"],
        config=config,
        task=task,
        transfer=TRANSFERS[transfer],
        metrics="{mIoU: not run}" if task == "Semantic Segmentation" else "{}",
    )


def faults() -> list[str]:
    """Return what the metafiles and the folder of configs do not agree in, in sentences."""
    listed, configs = listed_configs(), full_scale_configs()
    told = [
        f"{config}: in no metafile.yml; write one with the folder's `Collections` and an empty "
        "`Models`, and run `make zoo`"
        for config in configs - set(listed)
    ]
    told += [f"{config}: a metafile lists it, but it does not exist" for config in listed
             if not (ROOT / config).is_file()]  # fmt: skip
    told += [f"{one}: listed more than once" for one in set(listed) if listed.count(one) > 1]
    return sorted(told)


def page() -> str:
    """Return the page's text."""
    parts = [HEAD]
    for path, content in metafiles().items():
        for collection in content["Collections"]:
            parts.append("\n".join(_section(path, content, collection)))
    return "\n".join(parts)


def _section(path: Path, content: dict[str, Any], collection: dict[str, Any]) -> Iterator[str]:
    folder = path.parent.relative_to(ROOT).as_posix()
    yield f"## {collection['Name']}\n"
    yield f"{collection['Paper']['Title']}; [README](../{folder}/README.md).\n"
    yield COLUMNS
    for model in sorted(content["Models"], key=lambda model: str(model["Name"])):
        if model["In Collection"] == collection["Name"]:
            yield _row(model)
    yield ""


def _row(model: dict[str, Any]) -> str:
    method, network, _ = model["Name"].split("_", 2)
    (result,) = model["Results"]
    figures = result["Metrics"]
    cells = (
        f"[`{method}`](../{model['Config']})",
        network,
        result["Dataset"],
        str(figures.get("Published mIoU", "")),
        str(figures.get("mIoU", "")),
        model["Metadata"]["Training Resources"],
    )
    return f"| {' | '.join(cells)} |"


def main() -> int:
    """Complete the metafiles and write the page; return 1 when something is left to do."""
    enter_missing()
    if found := faults():
        print("\n".join(found), file=sys.stderr)
        return 1
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
