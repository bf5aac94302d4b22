"""The discriminator's benchmark runs, and its reference is the published form."""

from __future__ import annotations

import argparse
import importlib
import json

import pytest
import torch
from scripts import BENCHMARKS, run


@pytest.fixture
def benchmark(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    for name, value in (("CUDA_VISIBLE_DEVICES", ""), ("OMP_WAIT_POLICY", "passive")):
        monkeypatch.setenv(name, value)  # the script would set them for good
    return importlib.import_module("conditional_discriminator")


def test_last_line_is_json_and_the_factorised_form_needs_less_memory():
    lines = run(
        "conditional_discriminator.py",
        *["--quick", "--case", "13,2,64,128", "--threads", "1", "--repeats", "1", "--rounds", "1"],
    )
    figures = json.loads(lines[-1])
    assert set(figures) == {"time_ratio", "memory_ratio"}
    assert figures["time_ratio"] > 0  # one pass on a shared machine tells no more
    assert figures["memory_ratio"] == 2.1  # counted, so that no other program changes it
    assert "factorised" in lines[1]


def test_figures_are_medians_of_rounds_and_large_cases_leave_the_naive_form_out(
    benchmark, monkeypatch
):
    times = {"naive": iter([8.0, 60.0, 6.0]), "factorised": iter([2.0, 1.0, 3.0])}
    monkeypatch.setattr(
        benchmark, "measure", lambda form, *_: {"time": next(times[form]), "memory": 4.0}
    )
    case, args = benchmark.Case(2, 2, 64, 64), argparse.Namespace(threads=1, limit_gib=12)
    figures = benchmark.compare(case, args, rounds=3, repeats=1)
    assert figures["time"] == {"naive": 8.0, "factorised": 2.0}
    assert figures["time_ratio"] == 4.0  # of 4, 60 and 2
    args.limit_gib = case.naive_bytes / 2**30 * 0.99
    times["factorised"] = iter([1.0])
    figures = benchmark.compare(case, args, rounds=1, repeats=1)
    assert "time_ratio" not in figures
    assert "too large" in benchmark.row(figures)


def test_forms_that_differ_are_not_compared(benchmark, monkeypatch):
    wrong = lambda self, q: (1 + 1e-6) * right(self, q)  # noqa: E731
    right = benchmark.ConditionalDiscriminator._kernels
    monkeypatch.setattr(benchmark.ConditionalDiscriminator, "_kernels", wrong)
    with pytest.raises(SystemExit, match="differ by"):
        benchmark.compare(benchmark.Case(2, 2, 64, 64), argparse.Namespace(), 1, 1)


def test_naive_form_reads_the_outer_product(benchmark):
    """A kernel that picks channel jC + i of group k gives Q_j^k H^k p_i."""
    naive = benchmark.NaiveDiscriminator(num_classes=3, num_layers=1)
    j, i = 2, 1
    with torch.no_grad():
        naive.layers[0].weight.zero_()
        naive.layers[0].bias.zero_()
        naive.layers[0].weight[0, 3 * j + i, 1, 1] = 1  # padding 1: the pixel itself
    p, h = torch.rand(2, 3, 8, 8), torch.rand(2, 4, 8, 8)
    q = torch.rand(2, 4, 3)
    expected = q[:, :, j, None, None] * (h * p[:, i, None])[..., ::2, ::2]
    torch.testing.assert_close(naive(p, h, q), expected)
