"""A checkpoint from elsewhere runs no code, whatever reads it."""

from __future__ import annotations

import io
import os
import pickle
import threading
from functools import partial
from http.server import HTTPServer, SimpleHTTPRequestHandler

import pytest
import torch
from core_samples import ADAPTED, SOURCE_ONLY
from engine_runs import train
from mmengine.logging import HistoryBuffer
from mmengine.runner import CheckpointLoader, load_checkpoint
from model_samples import build
from payloads import Payload

import mmda
from mmda.cli import main
from mmda.engine.checkpoint import read_checkpoint
from mmda.engine.checkpoint_loader import trusted_checkpoints
from mmda.errors import ConfigError

CYCLEGAN = "mmda::style/toy.py"


@pytest.fixture
def marker(tmp_path):
    """The file that a payload writes."""
    return tmp_path / "marker"


@pytest.fixture
def crafted(tmp_path, marker) -> str:
    """A checkpoint whose metadata runs a shell command; as usual in all else."""
    content = {"state_dict": build().state_dict(), "meta": {"by": command(marker)}}
    torch.save(content, tmp_path / "crafted.pth")
    return str(tmp_path / "crafted.pth")


def command(marker) -> Payload:
    return Payload(os.system, f"touch {marker}")


def entry_points(config, crafted, out):
    """Return the command lines that read a checkpoint, by name."""
    options = ["--work-dir", str(out), "--cfg-options"]
    backbone = "model.segmentor.backbone.init_cfg"
    return {
        "test": ["test", config, crafted, "--work-dir", str(out)],
        "predict": ["predict", config, crafted, "scene.tif", "--out", str(out)],
        "pseudo_label": ["pseudo_label", config, crafted, "--out", str(out)],
        "tsne": [
            "figures", "tsne", "--model", "a", config, crafted, "--out", f"{out}.png",
            "--images", "1", "--points", "9",
        ],
        "groups": ["figures", "groups", config, crafted, "--out", f"{out}.png"],
        "translate": ["translate", "in", str(out), "--cyclegan", CYCLEGAN, crafted],
        "convert": ["convert", crafted, "--out", f"{out}.pth"],
        "export": ["export", config, crafted, "--out", f"{out}.safetensors"],
        "resume": ["train", config, "--work-dir", str(out), "--resume", crafted],
        "load_from": ["train", config, *options, f"load_from={crafted}"],
        "pretrained": [
            "train", config, *options, f"{backbone}.type=Pretrained",
            f"{backbone}.checkpoint={crafted}",
        ],
        "segmentor": [
            "train", config, *options, "model.segmentor.init_cfg.type=Pretrained",
            f"model.segmentor.init_cfg.checkpoint={crafted}",
        ],
        "init": [
            "figures", "groups", config, "init", "--out", f"{out}.png", "--cfg-options",
            f"{backbone}.type=Pretrained", f"{backbone}.checkpoint={crafted}",
        ],
    }  # fmt: skip


@pytest.mark.parametrize("name", entry_points("", "", ""))
def test_no_command_runs_it(write_config, tmp_path, marker, crafted, capsys, name):
    argv = entry_points(write_config(ADAPTED), crafted, tmp_path / "out")[name]
    assert main(argv) == 2
    assert not marker.exists()
    errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1
    assert f"`{crafted}` needs `{os.system.__module__}.system`" in errors[0]
    assert "--trust-checkpoint" in errors[0]


def test_complexity_reads_no_weights(write_config, marker, crafted):
    init = f"""
model["segmentor"]["backbone"]["init_cfg"] = dict(type="Pretrained", checkpoint={crafted!r})
"""
    argv = ["complexity", write_config(init), "--size", "32", "32", "--repeats", "1"]
    assert main(argv) == 0
    assert not marker.exists()


def test_a_second_network_is_refused_too(crafted, marker, toy_root, tmp_path, write_config):
    data = str(toy_root / "buildings/source")
    argv = ["translate", data, str(tmp_path / "out"), "--method", "histogram", "--target"]
    segmentor = ["--segmentor", write_config(), crafted]
    assert main([*argv, str(toy_root / "buildings/target"), *segmentor]) == 2
    assert not marker.exists()


@pytest.mark.parametrize("name", ["test", "predict", "pseudo_label", "load_from", "export"])
def test_trust_is_asked_for(write_config, tmp_path, marker, crafted, name):
    argv = entry_points(write_config(ADAPTED), crafted, tmp_path / "out")[name]
    main([*argv, "--trust-checkpoint"])
    assert marker.exists()


def test_trust_in_python(write_config, crafted, marker):
    with pytest.raises(ConfigError, match=r"system`.*trust=True"):
        mmda.load_model(write_config(), crafted, device="cpu")
    assert not marker.exists()
    with pytest.raises(ConfigError, match="trained with"):  # it fits no model of two classes
        mmda.load_model(write_config(), crafted, device="cpu", trust=True)
    assert marker.exists()


def zipped(content, protocol=2) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer, pickle_protocol=protocol)
    return buffer.getvalue()


def legacy(content) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer, _use_new_zipfile_serialization=False)
    return buffer.getvalue()


class BadHistory(HistoryBuffer):
    """A history that brings a function of its own as a statistic."""

    def __reduce__(self):
        return HistoryBuffer, (), {"statistics_methods": {"mean": os.system}}


@pytest.mark.filterwarnings("ignore:Detected pickle protocol 4")
@pytest.mark.parametrize(
    "write",
    [zipped, partial(zipped, protocol=4), legacy, pickle.dumps, partial(pickle.dumps, protocol=0)],
    ids=["zip", "zip, protocol 4", "legacy", "pickle", "pickle, protocol 0"],
)
@pytest.mark.parametrize(
    ("payload", "named"),
    [
        (command, "system"),
        (lambda marker: Payload(exec, f"open({str(marker)!r}, 'w')"), "exec"),
        (lambda marker: Payload(getattr, HistoryBuffer, "__init__"), None),
        (lambda marker: BadHistory(), None),
    ],
    ids=["system", "exec", "getattr", "history"],
)
def test_no_format_runs_it(tmp_path, marker, write, payload, named):
    path = tmp_path / "c.pth"
    path.write_bytes(write({"state_dict": {}, "meta": payload(marker)}))
    with pytest.raises(ConfigError, match=r"c\.pth` (needs|cannot be read)") as error:
        read_checkpoint(path)
    assert not marker.exists()
    if named and write in (zipped, legacy):
        assert named in str(error.value)


def test_mmengine_itself_reads_it_safely(crafted, marker):
    for read in (CheckpointLoader.load_checkpoint, partial(load_checkpoint, build())):
        with pytest.raises(ConfigError, match="system"):
            read(crafted)
    assert not marker.exists()


def test_an_address_is_read_safely(crafted, marker, tmp_path, monkeypatch):
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    handler.log_message = lambda *_: None
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/crafted.pth"
        with pytest.raises(ConfigError, match=r"http://.*system"):
            read_checkpoint(address)
        server.shutdown()
    assert not marker.exists()
    assert (tmp_path / "hub/checkpoints/crafted.pth").exists()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("s3://bucket/a.pth", "Download the file"),
        ("open-mmlab://resnet101_v1", "Did you mean `resnet101_v1"),
    ],
)
def test_unknown_places(name, message):
    with pytest.raises(ConfigError, match=message):
        read_checkpoint(name)


def test_our_own_checkpoints_need_nothing(write_config, tmp_path):
    train(write_config(ADAPTED), tmp_path / "work", {"train_cfg.max_iters": 2})
    path = str(tmp_path / "work/iter_2.pth")
    assert torch.serialization.get_unsafe_globals_in_checkpoint(path) == []
    again = read_checkpoint(path)
    assert again["message_hub"]["log_scalars"]["train/loss"]["values"].shape == (2,)
    assert again["meta"]["dataset_meta"]["training_data"]["dtype"] == "uint8"


def test_histories_of_mmengine_are_read(tmp_path):
    history = HistoryBuffer([1.0, 4.0], [1, 1])
    torch.save(
        {"state_dict": {}, "message_hub": {"log_scalars": {"loss": history}}}, tmp_path / "c.pth"
    )
    found = read_checkpoint(tmp_path / "c.pth")["message_hub"]["log_scalars"]["loss"]
    assert isinstance(found, HistoryBuffer)
    assert (found.mean(), found.max(), found.current()) == (2.5, 4.0, 4.0)


def test_a_config_in_the_metadata_is_no_program(write_config, tmp_path, marker):
    work = tmp_path / "work"
    train(write_config(SOURCE_ONLY), work, {"train_cfg.max_iters": 1})
    content = torch.load(work / "iter_1.pth", weights_only=False)
    content["meta"]["config"] = f"open({str(marker)!r}, 'w')"
    torch.save(content, work / "iter_1.pth")
    train(write_config(SOURCE_ONLY), work, {"train_cfg.max_iters": 2}, resume=True)
    assert (work / "iter_2.pth").exists()
    assert not marker.exists()


def test_a_best_checkpoint_elsewhere_is_not_deleted(write_config, tmp_path):
    work, precious = tmp_path / "work", tmp_path / "precious"
    precious.mkdir()
    options = {"train_cfg.max_iters": 2, "default_hooks.checkpoint.save_best": "mIoU"}
    train(write_config(SOURCE_ONLY), work, options)
    content = torch.load(work / "iter_2.pth", weights_only=False)
    content["message_hub"]["runtime_info"].update(best_ckpt=str(precious), best_score=-1.0)
    torch.save(content, work / "iter_2.pth")
    options["train_cfg.max_iters"] = 4
    train(write_config(SOURCE_ONLY), work, options, resume=True)
    assert list(work.glob("best_mIoU_iter_4.pth"))
    assert precious.is_dir()


def test_older_versions_of_pytorch(tmp_path, monkeypatch):
    """They cannot replace names; our own files need none replaced."""
    monkeypatch.setattr(torch, "__version__", "2.3.1")
    monkeypatch.delattr(torch.serialization, "safe_globals")
    torch.save({"state_dict": build().state_dict()}, tmp_path / "own.pth")
    assert read_checkpoint(tmp_path / "own.pth")["state_dict"]
    torch.save({"state_dict": {}, "h": HistoryBuffer([1.0], [1])}, tmp_path / "other.pth")
    with pytest.raises(ConfigError, match=r"history_buffer\.HistoryBuffer"):
        read_checkpoint(tmp_path / "other.pth")
    with trusted_checkpoints():
        assert read_checkpoint(tmp_path / "other.pth")["h"].mean() == 1.0
