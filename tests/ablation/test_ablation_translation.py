"""Rows that train a CycleGAN, and rows that train on what it has translated."""

from __future__ import annotations

import json
from pathlib import Path

import core_samples
import pytest

from mmda.ablation import read_table, worker
from mmda.ablation.runs import plan, with_starts
from mmda.ablation.worker import work
from mmda.errors import ConfigError
from mmda.raster.dataset.manifest import read_manifest

TABLE = """
title, columns = "Translation", ["mIoU"]
rows = [
    dict(name="first", config="source_only.py"),
    dict(name="gan", config="style.py", start_from="first"),
    dict(name="after", config="source_only.py", translated_by="gan"),
]
"""


@pytest.fixture
def make_runs(write_config, tmp_path):
    """Return a function that plans the table, by row."""
    short = "\ntrain_cfg['max_iters'] = 2\n"
    training = write_config(core_samples.SOURCE_ONLY + short, name="source_only.py")
    write_config(short, name="style.py", base=core_samples.watched_style(training))
    path = tmp_path / "table.py"

    def make(text: str = TABLE):
        path.write_text(text)
        runs = plan(read_table(path), tmp_path / "work", (0,), {("", 0): None}, {})
        return {run.key[0]: run for run in runs}

    return make


def test_a_row_reads_what_the_row_above_translates(make_runs):
    runs = make_runs()
    first, gan, after = runs.values()
    assert after.builds_on == (gan,)
    assert gan.builds_on == (first,)
    assert [run.key[0] for run in with_starts([first, gan, after], ["after"])] == list(runs)
    assert after.config.train_dataloader.dataset.source.data_root == str(gan.translated)
    assert after.settings["translated_by"].startswith("row gan, ")
    # Another translation makes another run; another place of the table does not.
    changed = make_runs(TABLE.replace('"first")', '"first", overrides={"train_cfg.max_iters": 1})'))
    names = [name for name, run in changed.items() if run.settings != runs[name].settings]
    assert names == ["gan", "after"]


def test_the_source_is_translated_and_trained_on(make_runs):
    first, gan, after = make_runs().values()
    for run in (first, gan, after):
        run.prepare()
        work(run.folder)
    tiles = read_manifest(gan.translated)
    assert len(tiles) == len(read_manifest(source(first.config)))
    assert json.loads((gan.translated / "translation.json").read_text())["method"] == "cyclegan"
    assert gan.result() == {}
    assert set(after.result()) >= {"mIoU"}
    written = Path(gan.translated, tiles[0]["image"]).stat().st_mtime_ns
    work(gan.folder)  # once more
    assert Path(gan.translated, tiles[0]["image"]).stat().st_mtime_ns == written


def test_only_a_source_that_a_row_reads_is_translated(make_runs, monkeypatch):
    """Also when the row that reads it is added to the table later."""
    translated = []
    monkeypatch.setattr(worker, "_translate_source", lambda *args: translated.append(args))
    _, gan = make_runs(TABLE.replace('    dict(name="after"', '    # dict(name="after"')).values()
    gan.prepare()
    gan.checkpoint.parent.mkdir()
    gan.checkpoint.touch()
    work(gan.folder)
    assert not translated and gan.result() == {}
    gan = make_runs()["gan"]
    assert gan.result() is None and not gan.differences()
    gan.prepare()
    work(gan.folder)
    assert len(translated) == 1


SEVERAL = """"first", overrides={
    "train_dataloader.dataset.source": dict(
        _delete_=True, type="ConcatDataset", datasets=[dict(type="TiledDataset", data_root="a")]
    )
})"""


def test_the_source_of_a_cyclegan_that_is_read_must_be_one_dataset(make_runs):
    several = TABLE.replace('"first")', SEVERAL)
    with pytest.raises(ConfigError, match="the row `gan`, which must have a source of one dataset"):
        make_runs(several)
    runs = make_runs(several.replace(', translated_by="gan"', ""))
    assert not runs["gan"].translates


def source(config) -> str:
    return config.train_dataloader.dataset.source.data_root


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('translated_by="gan"', 'translated_by="first"', "whose model is a UDASegmentor"),
        ('translated_by="gan"', 'translated_by="gam"', "`translated_by` must name a row above"),
        (
            'translated_by="gan"',
            'translated_by="gan", overrides={"train_dataloader.dataset.source": None}',
            "needs a source of one dataset",
        ),
    ],
)
def test_what_cannot_be_translated(make_runs, old, new, message):
    with pytest.raises(ConfigError, match=message):
        make_runs(TABLE.replace(old, new))
