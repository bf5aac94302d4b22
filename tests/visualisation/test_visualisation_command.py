"""``mmda figures``, from the command line to the picture."""

from __future__ import annotations

import sys

import cv2
import numpy as np
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from mmda.cli import main
from mmda.engine.inference import build_model, load_model
from mmda.models.segmentors import UDASegmentor
from mmda.visualisation import figures
from mmda.visualisation.group_maps import group_alignments, group_maps, hard_groups


@pytest.fixture
def drawn(monkeypatch):
    """What the group figure was made of, by domain and title."""
    seen = {}
    real = figures.group_figure

    def draw(pair, columns, meta):
        seen.update(pair=pair, columns=columns)
        return real(pair, columns, meta)

    monkeypatch.setattr(figures, "group_figure", draw)
    return seen


def swap_groups(one, other):
    """Make the second checkpoint the first one with its two groups swapped."""
    content = torch.load(one)
    for name in ("weight", "bias"):
        key = f"alignments.cdga.grouping.layers.3.{name}"
        content["state_dict"][key] = content["state_dict"][key].flip(0)
    torch.save({**content, "meta": {"iter": 2}}, other)


def run(*arguments):
    return main(["figures", *map(str, arguments)])


def logged(folder, tag):
    """Return what TensorBoard shows under a tag: (iteration, picture) in the order of writing."""
    events = EventAccumulator(str(folder))
    events.Reload()
    assert events.Tags()["images"] == [tag]
    return [
        (image.step, cv2.imdecode(np.frombuffer(image.encoded_image_string, np.uint8), -1))
        for image in events.Images(tag)
    ]


def refused(capsys, *fragments):
    error = capsys.readouterr().err
    message = error[error.index("error: ") :]
    assert "Traceback" not in message
    for fragment in fragments:
        assert fragment in message


def test_one_checkpoint_shows_each_group(cdga_config, save_checkpoint, tmp_path, drawn, capsys):
    checkpoint = save_checkpoint(cdga_config, 7)
    out = tmp_path / "figure.png"
    assert run("groups", cdga_config, checkpoint, "--out", out, "--source-index", 1) == 0
    assert cv2.imread(str(out)) is not None
    assert list(drawn["columns"]["target"]) == ["k = 1", "k = 2"]
    assert "2 groups" in capsys.readouterr().out


def test_several_checkpoints_show_their_own_groups(cdga_config, save_checkpoint, tmp_path, drawn):
    checkpoints = [save_checkpoint(cdga_config, seed, seed) for seed in (1, 2)]
    swap_groups(*checkpoints)
    out = tmp_path / "figure.png"
    compare = ["--compare", "kmeans", "nmf", "--images", 2]
    assert run("groups", cdga_config, *checkpoints, "--out", out, *compare) == 0
    assert cv2.imread(str(out)) is not None
    titles = ["K-means", "NMF", "iteration 1", "iteration 2"]
    for domain, columns in drawn["columns"].items():
        assert list(columns) == titles
        for checkpoint, title in zip(checkpoints, titles[2:], strict=True):
            model = load_model(cdga_config, checkpoint, "cpu")
            maps = group_maps(model, group_alignments(model)["cdga"], drawn["pair"])
            assert np.array_equal(columns[title], hard_groups(maps[domain]))
    first, second = (drawn["columns"]["source"][title] for title in titles[2:])
    assert (first != second).any(-1).all()


def test_init_stands_for_the_untrained_model(cdga_config, save_checkpoint, tmp_path, drawn):
    checkpoint = save_checkpoint(cdga_config, 5)
    out, pictures = ["--out", tmp_path / "figure.png"], []
    for seed in (1, 1, 2):
        assert run("groups", cdga_config, "init", *out, "--seed", seed) == 0
        pictures.append(drawn["columns"]["source"]["k = 1"])
    assert np.array_equal(pictures[0], pictures[1])
    assert not np.array_equal(pictures[0], pictures[2])
    assert run("groups", cdga_config, "init", checkpoint, *out) == 0
    assert list(drawn["columns"]["source"]) == ["iteration 0", "iteration 5"]


def test_init_has_the_weights_that_a_training_starts_from(cdga_config, monkeypatch):
    begun = []
    monkeypatch.setattr(UDASegmentor, "init_weights", lambda model: begun.append(model))
    model = build_model(cdga_config, initial=True)
    assert begun == [model]
    build_model(cdga_config)
    assert begun == [model]


def test_tsne_shows_each_model_images_in_its_own_look(
    cdga_config, cdga_text, colour_map_text, write_config, save_checkpoint, tmp_path, monkeypatch
):
    seen = {}
    real = figures.collect_points

    def collect(model, pairs, places, what):
        seen[len(seen)] = pairs[0]
        return real(model, pairs, places, what)

    monkeypatch.setattr(figures, "collect_points", collect)
    step = "dict(type='MatchDomain', source=source_root, target=target_root)"
    translated = write_config(cdga_text + colour_map_text(step), name="translated.py")
    models = []
    for name, config in (("plain", cdga_config), ("translated", translated)):
        models += ["--model", name, config, save_checkpoint(config, 1)]
    options = ["--points", 8, "--images", 2, "--out", tmp_path / "figure.png"]
    assert run("tsne", *models, *options) == 0
    (source, target), (other_source, other_target) = seen.values()
    assert not np.array_equal(source.picture, other_source.picture)
    assert np.array_equal(source.truth, other_source.truth)
    assert np.array_equal(target.picture, other_target.picture)


def test_tsne_draws_a_plane_per_model(cdga_config, save_checkpoint, tmp_path, capsys):
    models = []
    for seed in (1, 2):
        models += ["--model", f"model {seed}", cdga_config, save_checkpoint(cdga_config, 1, seed)]
    out = tmp_path / "figure.png"
    assert run("tsne", *models, "--out", out, "--points", 20, "--images", 2) == 0
    height, width, _ = cv2.imread(str(out)).shape
    assert width > 1.5 * height
    printed = capsys.readouterr().out
    assert "features of 20 source and 20 target pixels" in printed  # two classes


def test_tensorboard_shows_the_group_maps(cdga_config, save_checkpoint, tmp_path):
    checkpoints = [save_checkpoint(cdga_config, seed, seed) for seed in (1, 2)]
    calls = [([checkpoints[1]], 2), (checkpoints, 0), (["init"], 0)]
    calls += [([checkpoints[0], "--compare", "kmeans", "--images", 2], 1)]
    for number, (arguments, step) in enumerate(calls):
        out, folder = tmp_path / f"{number}.png", tmp_path / "new" / f"{number}"
        assert run("groups", cdga_config, *arguments, "--out", out, "--tensorboard", folder) == 0
        ((shown_step, shown),) = logged(folder, "figures/groups")
        assert shown_step == step
        assert np.array_equal(shown, cv2.imread(str(out)))


def test_tensorboard_shows_tsne_beside_what_is_there(cdga_config, save_checkpoint, tmp_path):
    checkpoint, folder = save_checkpoint(cdga_config, 3), tmp_path / "events"
    options = ["--points", 20, "--images", 2, "--tensorboard", folder]
    outs = [tmp_path / f"{name}.png" for name in ("one", "other")]
    for out in outs:
        assert (
            run("tsne", "--model", out.stem, cdga_config, checkpoint, *options, "--out", out) == 0
        )
    shown = logged(folder, "figures/tsne")
    assert [step for step, _ in shown] == [0, 0]
    for (_, picture), out in zip(shown, outs, strict=True):
        assert np.array_equal(picture, cv2.imread(str(out)))


@pytest.mark.parametrize("kind", ["groups", "tsne"])
def test_tensorboard_that_cannot_be_written_is_told_first(kind, tmp_path, capsys, monkeypatch):
    models = dict(groups=["none.py", "none.pth"], tsne=["--model", "one", "none.py", "none.pth"])
    (tmp_path / "file").touch()
    call = [kind, *models[kind], "--out", tmp_path / "f.png", "--tensorboard"]
    for folder in (tmp_path / "file", tmp_path / "file" / "inside"):
        assert run(*call, folder) == 2
        refused(capsys, f"--tensorboard `{folder}` cannot be written", "expected a folder")
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    assert run(*call, tmp_path / "events") == 2
    refused(capsys, "--tensorboard needs `tensorboard`", "`pip install 'mmda-rs[report]'`")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_tsne_compares_models_of_one_task_with_unique_names(
    cdga_config, save_checkpoint, tmp_path, capsys
):
    checkpoint = save_checkpoint(cdga_config, 1)
    model, out = ["--model", "one", cdga_config, checkpoint], tmp_path / "figure.png"
    assert run("tsne", *model, *model, "--out", out) == 2
    refused(capsys, "['one', 'one'] are not unique")
    assert run("tsne", "--model", "one", cdga_config, "none.pth", "--out", out) == 2
    refused(capsys, "checkpoint `none.pth` does not exist")
    assert run("tsne", "--model", "one", "none.py", checkpoint, "--out", out) == 2
    refused(capsys, "config `none.py` does not exist")
    assert not out.exists()


@pytest.mark.parametrize(
    ("options", "fragments"),
    [
        (["--source-index", 99], ["`--source-index` is 99", "expected 0 to "]),
        (["--alignment", "cdg"], ["`cdg` is not one of", "Did you mean `cdga`?"]),
        (
            ["--cfg-options", "model.alignments.cdga.num_groups=1"],
            ["does not fit the config's model", "grouping"],
        ),
        (["--images", 0], ["--images is 0"]),
        (["--seed", -1], ["--seed is -1", "0 to 4294967295"]),
        (["--out", "figure.txt"], ["ends in `.txt`", ".png"]),
    ],
)
def test_bad_input_is_named(
    cdga_config, save_checkpoint, tmp_path, capsys, monkeypatch, options, fragments
):
    monkeypatch.chdir(tmp_path)
    checkpoint = save_checkpoint(cdga_config, 1)
    assert run("groups", cdga_config, checkpoint, "--out", tmp_path / "f.png", *options) == 2
    refused(capsys, *fragments)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--perplexity", 0], "--perplexity is 0; expected more than 0"),
        (["--perplexity", "nan"], "--perplexity is nan"),
        (["--points", -50], "--points is -50; expected 1 or more"),
    ],
)
def test_numbers_of_tsne_are_checked(tmp_path, capsys, options, message):
    model = ["--model", "one", "config.py", "one.pth"]
    assert run("tsne", *model, "--out", tmp_path / "f.png", *options) == 2
    refused(capsys, message)


def test_models_without_groups_are_refused(
    cdga_text, write_config, save_checkpoint, tmp_path, capsys
):
    plain = write_config(name="plain.py")
    checkpoint = save_checkpoint(plain, 1)
    assert run("groups", plain, checkpoint, "--out", tmp_path / "f.png") == 2
    refused(capsys, "none of them is a GroupAlignment")
    grouped = write_config(cdga_text, name="grouped.py")
    assert run("groups", grouped, checkpoint, "--out", tmp_path / "f.png") == 2
    refused(capsys, "no weights `alignments.cdga.grouping.*`")
