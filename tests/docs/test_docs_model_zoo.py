"""The metafiles name every full-scale config, with the figures that the READMEs give."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest
import yaml

from mmda.ablation import read_table

ROOT = Path(__file__).resolve().parents[2]
PATTERN = re.compile(r"`(?:[^`]*/)?([a-z0-9-]+)_\*\.py`")
FIGURE = re.compile(r"\b\d\d\.\d\b")
NETWORKS = {"DeepLab-v2": "deeplabv2-r101", "DeepLab-v3+": "deeplabv3plus-r101"}


@pytest.fixture(scope="module")
def zoo():
    spec = importlib.util.spec_from_file_location("model_zoo", ROOT / "docs/model_zoo.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rows(folder: str) -> list[list[str]]:
    """The tables' rows of a folder's README, as cells."""
    lines = (ROOT / f"configs/uda/{folder}/README.md").read_text(encoding="utf-8").splitlines()
    tables = [line.strip("|").split("|") for line in lines if line.startswith("|")]
    return [[cell.strip() for cell in cells] for cells in tables]


def published(zoo, folder: str) -> dict[str, float]:
    """The published figures of a folder's metafile, by the config's name."""
    content = zoo.metafiles()[ROOT / f"configs/uda/{folder}/metafile.yml"]
    results = {model["Name"]: model["Results"][0] for model in content["Models"]}
    figures = {name: result["Metrics"].get("Published mIoU") for name, result in results.items()}
    return {name: figure for name, figure in figures.items() if figure is not None}


def test_every_full_scale_config_is_in_a_metafile_and_the_page_is_up_to_date(zoo):
    assert zoo.faults() == []
    assert len(zoo.full_scale_configs()) > 150
    assert zoo.page() == zoo.PAGE.read_text(encoding="utf-8"), "run `make zoo`"


def test_entries_are_whole_and_agree_with_their_names(zoo):
    titles: dict[str, set[str]] = {}
    for path, content in zoo.metafiles().items():
        collections = {collection["Name"] for collection in content["Collections"]}
        for collection in content["Collections"]:
            assert (ROOT / collection["README"]).parent == path.parent
        for model in content["Models"]:
            assert model["In Collection"] in collections
            assert Path(model["Config"]).stem == model["Name"]
            assert (ROOT / model["Config"]).parent == path.parent
            (result,) = model["Results"]
            transfer = model["Name"].rpartition("_")[2]
            titles.setdefault(transfer, set()).add(result["Dataset"].partition(",")[0])
            assert result["Task"] in ("Semantic Segmentation", "Image Translation")
    assert all(len(title) == 1 for title in titles.values()), titles


def test_a_config_that_is_missing_or_unknown_is_told(zoo, monkeypatch):
    path, content = next(iter(zoo.metafiles().items()))
    first, second, *others = content["Models"]
    gone = {**first, "Config": "configs/gone.py"}
    files = {**zoo.metafiles(), path: {**content, "Models": [gone, second, second, *others]}}
    monkeypatch.setattr(zoo, "metafiles", lambda: files)
    told = "\n".join(zoo.faults())
    assert f"{first['Config']}: in no metafile.yml" in told
    assert "configs/gone.py: a metafile lists it, but it does not exist" in told
    assert f"{second['Config']}: listed more than once" in told
    monkeypatch.setattr(zoo, "enter_missing", lambda: None)
    assert zoo.main() == 1


def test_the_figures_of_patch_level_alignment_are_the_readmes(zoo):
    found = {}
    for cells in rows("patch"):
        names, figures = PATTERN.findall(cells[0]), FIGURE.findall(cells[-1])
        if figures and names:
            found |= dict(zip(names, map(float, figures), strict=True))
    del found["single-level"]  # of another folder
    end = "_deeplabv2-r101_120k_gta52cityscapes"
    own = {name: value for name, value in published(zoo, "patch").items() if name.endswith(end)}
    assert own == {f"{name}{end}": figure for name, figure in found.items()}


def test_the_figures_of_patch_level_alignment_are_those_of_its_tables(zoo):
    tables = [read_table(path) for path in (ROOT / "configs/ablation/patch").glob("[tr]*.py")]
    found = {
        path.stem: figure
        for table in tables
        for row in table.rows.values()
        for path in row.configs.values()
        for column, figure in zip(table.columns, row.published, strict=True)
        if column.metric == "mIoU" and figure is not None and path.parent.name == "patch"
    }
    assert published(zoo, "patch") == found


def test_the_figures_of_isia_and_aim_are_the_readmes(zoo):
    (header,) = [cells for cells in rows("isia_aim") if "+ all" in cells]
    table = [cells for cells in rows("isia_aim") if cells[1] in NETWORKS]
    found = {}
    for cells in table:
        if cells[0].startswith("roads"):  # where the paper has AIM and the configs do not
            continue
        transfer = cells[0].rpartition(", ")[2].lower().replace(" -> ", "2")
        name = f"isia-aim_{NETWORKS[cells[1]]}_120k_{transfer}"
        found[name] = float(cells[header.index("+ all")])
    assert len(found) == 4 and published(zoo, "isia_aim") == found


@pytest.mark.parametrize(("method", "count"), [("clan", 4), ("cbst", 1)])
def test_the_figures_of_a_table_of_transfers_are_the_readmes(zoo, method, count):
    found = {}
    for cells in rows(method):
        if FIGURE.fullmatch(cells[1]):
            transfer = "2".join(re.search(r"(\w+) -> (\w+)", cells[0]).groups()).lower()
            network = "deeplabv3plus" if "DeepLab-v3+" in cells[0] else "deeplabv2"
            found[f"{method}_{network}-r101_120k_{transfer}"] = float(cells[1])
    assert len(found) == count and published(zoo, method) == found


def test_a_new_config_is_entered_as_not_run(zoo, tmp_path, monkeypatch):
    for name in ("one_net_1k_gta52cityscapes", "two_net_1k_massachusetts2inria"):
        (tmp_path / "configs/uda/new").mkdir(parents=True, exist_ok=True)
        (tmp_path / f"configs/uda/new/{name}.py").touch()
    paper = {"Name": "New", "Paper": {"Title": "A paper"}}
    text = yaml.safe_dump({"Collections": [paper]}) + "Models:\n"
    monkeypatch.setattr(zoo, "ROOT", tmp_path)
    monkeypatch.setattr(zoo, "PAGE", tmp_path / "page.md")
    assert zoo.main() == 1  # no metafile
    (tmp_path / "configs/uda/new/metafile.yml").write_text(text)
    assert zoo.main() == 0 and zoo.faults() == []
    assert "two_net_1k_massachusetts2inria.py) | net | Massachusetts -> Inria (buildings) |" in (
        tmp_path / "page.md"
    ).read_text(encoding="utf-8")
