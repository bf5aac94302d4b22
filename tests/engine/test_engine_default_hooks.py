"""``default_hooks.NAME=None`` leaves a hook out, be it MMEngine's or this toolkit's."""

from __future__ import annotations

import pytest
from core_samples import SOURCE_ONLY

from mmda.cli import main
from mmda.engine.launch import build_runner, load_config, prepare
from mmda.registry import HOOKS

NAMES = [
    "timer", "logger", "param_scheduler", "checkpoint", "sampler_seed", "finite_loss", "learning",
    "step", "preemption", "runtime_info",
]  # fmt: skip


def built(config: str, folder, **changes) -> list[type]:
    """Return the kinds of hooks that a Runner has."""
    options = {f"default_hooks.{name}": hook for name, hook in changes.items()}
    runner = build_runner(prepare(load_config(config, options), folder / "work"))
    return [type(hook) for hook in runner.hooks]


@pytest.mark.parametrize("name", NAMES)
def test_a_hook_is_left_out(write_config, tmp_path, name):
    config = write_config(SOURCE_ONLY)
    hooks = load_config(config).default_hooks
    assert set(hooks) == set(NAMES)
    left_out = HOOKS.get(hooks[name].type)
    assert left_out not in built(config, tmp_path, **{name: None})


def test_the_others_stay(write_config, tmp_path):
    config = write_config(SOURCE_ONLY)
    missing = set(built(config, tmp_path)) - set(built(config, tmp_path, finite_loss=None))
    assert [kind.__name__ for kind in missing] == ["FiniteLossHook"]


def test_training_without_checkpoints_and_without_the_watch(write_config, tmp_path):
    work = tmp_path / "work"
    options = ["default_hooks.finite_loss=None", "default_hooks.checkpoint=None"]
    argv = ["train", write_config(SOURCE_ONLY), "--work-dir", str(work)]
    assert main([*argv, "--cfg-options", *options, "train_cfg.max_iters=1"]) == 0
    assert not list(work.rglob("*.pth"))
