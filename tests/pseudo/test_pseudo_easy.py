"""Easy and hard tiles against the entropies of all maps in memory."""

from __future__ import annotations

import csv

import numpy as np
import pytest
import torch
from core_samples import TRAINING
from mmengine.dataset import pseudo_collate
from pseudo_samples import model_and_target

from mmda.cli import main
from mmda.datasets import RasterWindowDataset, TiledDataset
from mmda.errors import ConfigError, DataError
from mmda.pseudo.easy import rank_tiles
from mmda.raster.dataset.manifest import read_manifest
from mmda.raster.dataset.tile_files import read_label


@pytest.fixture(scope="module")
def parts(toy_root, tmp_path_factory):
    """Model, target, config and checkpoint."""
    folder = tmp_path_factory.mktemp("easy")
    (folder / "config.py").write_text(TRAINING)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MMDA_TOY_ROOT", str(toy_root / "buildings"))
        model, target, _ = model_and_target(str(folder / "config.py"))
        torch.save(model.state_dict(), folder / "model.pth")
        yield model, target, folder


def slow_entropies(model, target) -> dict[str, float]:
    found = {}
    for index in range(len(target)):
        data = model.eval().data_preprocessor(pseudo_collate([target[index]]), False)
        with torch.no_grad():
            (sample,) = model.predictor.predict(data["inputs"], data["data_samples"])
        p = sample.seg_logits.data.double().softmax(0).numpy()
        found[sample.metainfo["tile"]] = float((-(p * np.log2(p)).sum(0)).mean())
    return found


def test_tiles_are_ranked_by_their_mean_entropy(parts):
    model, target, _ = parts
    ranked = rank_tiles(model, target, 0.67, batch_size=3)
    entropies = slow_entropies(model, target)
    assert list(ranked.names) == sorted(entropies, key=entropies.get)
    assert ranked.easy == int(4 * 0.67) == 2
    np.testing.assert_allclose(ranked.entropy, sorted(entropies.values()), atol=1e-5)
    other = rank_tiles(model, target, 0.67, batch_size=1)
    assert (other.names, other.easy) == (ranked.names, ranked.easy)


def test_the_command_labels_easy_tiles_and_lists_the_others(parts, tmp_path, toy_root):
    model, target, folder = parts
    out = tmp_path / "easy"
    command = ["pseudo_label", str(folder / "config.py"), str(folder / "model.pth")]
    options = ["--device", "cpu", "--easy", "0.67", "--thresholds", "fixed:0", "--out", str(out)]
    for _ in range(2):  # the second time nothing is left to do but the ranking
        assert main([*command, *options]) == 0
    ranked = rank_tiles(model, target, 0.67)
    easy, hard = set(ranked.names[:2]), list(ranked.names[2:])
    assert {row["id"] for row in read_manifest(out)} == easy
    assert (out / "hard.txt").read_text().split() == hard
    rows = list(csv.DictReader((out / "tile_entropy.csv").read_text().splitlines()))
    assert [row["part"] for row in rows] == ["easy", "easy", "hard", "hard"]
    source = TiledDataset(str(out), pipeline=[dict(type="LoadTile")])
    assert len(source) == 2 and source.domain == target.domain
    for name in easy:
        assert 255 not in read_label(str(out / "labels" / f"{name}.png"))
    root = str(toy_root / "buildings/target")
    for given in (str(out / "hard.txt"), hard):
        rest = TiledDataset(root, labelled=False, only_tiles=given)
        found = [rest.get_data_info(index)["tile"] for index in range(len(rest))]
        assert sorted(found) == sorted(hard)


def test_labels_of_all_tiles_have_no_list_of_hard_ones(parts, tmp_path):
    *_, folder = parts
    command = ["pseudo_label", str(folder / "config.py"), str(folder / "model.pth")]
    command += ["--device", "cpu", "--out", str(tmp_path)]
    assert main([*command, "--easy", "0.5"]) == 0
    lists = [tmp_path / "hard.txt", tmp_path / "tile_entropy.csv"]
    assert all(path.exists() for path in lists)
    assert main([*command, "--overwrite"]) == 0
    assert len(read_manifest(tmp_path)) == 4 and not any(path.exists() for path in lists)


def test_tiles_that_do_not_tell_where_they_have_data_are_in_neither_part(parts, monkeypatch):
    model, target, _ = parts
    first, *others = (target.get_data_info(index)["tile"] for index in range(len(target)))
    monkeypatch.setattr(
        "mmda.engine.unlabelled_data.records_holes", lambda info: info["tile"] != first
    )
    ranked = rank_tiles(model, target, 0.67)
    assert sorted(ranked.names) == sorted(others) and ranked.easy == 2
    indices = ranked.easy_of(target)
    assert {target.get_data_info(i)["tile"] for i in indices} == set(ranked.names[:2])


def test_tiles_without_data_are_in_neither_part(parts, monkeypatch):
    model, target, _ = parts
    from mmda.pseudo import easy

    see = easy.see_tiles

    def without_first(*args):
        seen = see(*args)
        seen.pixels[0] = 0
        return seen

    monkeypatch.setattr(easy, "see_tiles", without_first)
    ranked = rank_tiles(model, target, 0.5)
    assert len(ranked.names) == 3 and target.get_data_info(0)["tile"] not in ranked.names


def test_what_is_refused(parts, tmp_path, toy_root):
    model, target, _ = parts
    for share in (0.0, 1.0, -1.0):
        with pytest.raises(ConfigError, match="share of easy tiles must be above 0"):
            rank_tiles(model, target, share)
    with pytest.raises(DataError, match="makes 0 easy ones"):
        rank_tiles(model, target, 0.1)
    root = str(toy_root / "buildings/target")
    for given, message in ((["nowhere"], "`only_tiles` names `nowhere`"), ([], "names no tile")):
        for kind in (TiledDataset, RasterWindowDataset):
            with pytest.raises(DataError, match=message):
                kind(root, labelled=False, only_tiles=given)
    with pytest.raises(DataError, match=r"`only_tiles`: `.*` does not exist"):
        TiledDataset(root, labelled=False, only_tiles=str(tmp_path / "no.txt"))
