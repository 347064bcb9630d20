"""Fine-tuning starts from the shipped weights, and one that was killed goes on as if it had never been."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oral_architect.anatomy.training.samples import Sample, make_sample, save_sample
from oral_architect.errors import CaseError, InputError, SettingsError

from ..model_arch import model_arch

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

from oral_architect.anatomy.training.finetune import STATE, FinetuneSettings, finetune  # noqa: E402
from oral_architect.anatomy.training.model import (  # noqa: E402
    ArchNet,
    neighbour_max,
    plain_neighbour_max,
    plain_weighted_lift,
    weighted_lift,
)

SMALL = (8, 12, 16, 16)


def small_net() -> ArchNet:
    torch.manual_seed(1)
    return ArchNet(SMALL)


@pytest.fixture(scope="module")
def scans() -> list[tuple[Sample, ...]]:
    out = []
    for k in range(3):
        jaw = model_arch("upper", (13, 12, 11, 21, 22, 23), seed=k, turn_deg=5.0)
        rng = np.random.default_rng(k)
        out.append(tuple(make_sample(jaw.mesh, jaw.labels, True, rng, (0.5, 0.5), aside=a) for a in (False, True)))
    return out


def weights(tuning: Any) -> dict[str, Any]:
    return {k: v.clone() for k, v in tuning.average.state_dict().items()}


def same(a: dict[str, Any], b: dict[str, Any]) -> bool:
    return set(a) == set(b) and all(torch.equal(a[k], b[k]) for k in a)


def test_a_training_stopped_anywhere_gives_the_weights_of_one_that_was_not(
    scans: list[tuple[Sample, ...]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("oral_architect.anatomy.training.finetune.KEEP_SECONDS", 0.0)
    settings = FinetuneSettings(epochs=4, scans_a_step=2)
    whole = finetune(small_net(), scans, [], settings, tmp_path / "whole", "x")
    assert whole.step == 6

    class StopError(Exception):
        pass

    for last in (1, 4):

        def stop(told: Any, last: int = last) -> None:
            if told.step == last + 1:
                raise StopError

        with pytest.raises(StopError):
            finetune(small_net(), scans, [], settings, tmp_path / "parts", "x", stop)
    resumed = finetune(small_net(), scans, [], settings, tmp_path / "parts", "x")
    assert same(weights(whole), weights(resumed))
    assert [h["loss"] for h in whole.history] == [h["loss"] for h in resumed.history]
    assert not same(weights(whole), small_net().state_dict()), "it learnt"
    again = finetune(small_net(), scans, [], settings, tmp_path / "parts", "x")
    assert again.step == 6, "a finished training stays finished"
    assert [p.name for p in (tmp_path / "parts").iterdir()] == [STATE]


def test_a_training_that_was_killed_goes_on(scans: list[tuple[Sample, ...]], tmp_path: Path) -> None:
    for k, scan in enumerate(scans):
        save_sample(scan[0], tmp_path / f"{k}.npz")
    script = f"""
        from pathlib import Path
        import torch
        from oral_architect.anatomy.training import finetune as f
        from oral_architect.anatomy.training.model import ArchNet
        from oral_architect.anatomy.training.samples import load_sample
        f.KEEP_SECONDS = 0.0
        torch.manual_seed(1)
        net = ArchNet({SMALL})
        scans = [[load_sample(Path({str(tmp_path)!r}) / f"{{k}}.npz")] for k in range(3)]
        f.finetune(net, scans, [], f.FinetuneSettings(epochs=100000, seed=3), Path({str(tmp_path / "out")!r}), "x")
    """
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)], env=os.environ)
    state = tmp_path / "out" / STATE
    until = time.monotonic() + 300
    while not state.exists() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.02)
    time.sleep(0.3)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = torch.load(state, weights_only=True)
    assert kept["step"] >= 1
    rest = FinetuneSettings(epochs=100000, seed=3)

    class EnoughError(Exception):
        pass

    steps = []

    def hear(told: Any) -> None:
        steps.append(told.step)
        raise EnoughError

    with pytest.raises(EnoughError):
        finetune(small_net(), [(s[0],) for s in scans], [], rest, tmp_path / "out", "x", hear)
    assert steps == [kept["step"] + 1], "it goes on where it was"


def test_minutes_become_a_number_of_steps(scans: list[tuple[Sample, ...]], tmp_path: Path) -> None:
    heard: list[int | None] = []
    settings = FinetuneSettings(minutes=1e-9)
    done = finetune(small_net(), scans, [], settings, tmp_path, "x", lambda told: heard.append(told.steps))
    assert heard[0] is None
    assert done.step == heard[-1] == 7


def test_early_stop_keeps_the_weights_that_were_best_on_held_out_scans(
    scans: list[tuple[Sample, ...]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("oral_architect.anatomy.training.finetune.CHECK_LOOKS", 1)
    monkeypatch.setattr("oral_architect.anatomy.training.finetune.PATIENCE", 1)
    wild = FinetuneSettings(epochs=400, early_stop=True, peak_rate=0.3)
    done = finetune(small_net(), scans[:2], scans[2:], wild, tmp_path, "x")
    assert done.best is not None
    assert done.step < 267
    assert same(weights(done), done.best["weights"])


def test_a_folder_of_another_training_is_refused(scans: list[tuple[Sample, ...]], tmp_path: Path) -> None:
    finetune(small_net(), scans, [], FinetuneSettings(epochs=1), tmp_path, "x")
    with pytest.raises(CaseError, match="other scans, settings"):
        finetune(small_net(), scans, [], FinetuneSettings(epochs=1), tmp_path, "y")
    with pytest.raises(CaseError, match="other scans, settings"):
        finetune(small_net(), scans, [], FinetuneSettings(epochs=2), tmp_path, "x")
    (tmp_path / STATE).write_bytes(b"cut off")
    with pytest.raises(CaseError, match="cannot be read"):
        finetune(small_net(), scans, [], FinetuneSettings(epochs=1), tmp_path, "x")


def test_what_cannot_be_trained_is_refused(scans: list[tuple[Sample, ...]], tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="either epochs or minutes"):
        finetune(small_net(), scans, [], FinetuneSettings(), tmp_path, "x")
    with pytest.raises(SettingsError, match="no scan to train on"):
        finetune(small_net(), [], [], FinetuneSettings(epochs=1), tmp_path, "x")


def test_graphics_cards_and_processors_compute_the_same() -> None:
    rng = np.random.default_rng(0)
    index = torch.from_numpy(rng.integers(0, 40, (60, 12)).astype(np.int32))
    weight = torch.from_numpy(rng.random((60, 12)).astype(np.float32))
    pull = torch.from_numpy(rng.standard_normal((60, 7)).astype(np.float32))
    for fast, plain, rest in (
        (neighbour_max, plain_neighbour_max, (index,)),
        (weighted_lift, plain_weighted_lift, (index, weight)),
    ):
        results = []
        for function in (fast, plain):
            x = torch.from_numpy(np.random.default_rng(1).standard_normal((40, 7)).astype(np.float32)).requires_grad_()
            y = function(x, *rest)
            (y * pull).sum().backward()
            results.append((y.detach(), x.grad))
        torch.testing.assert_close(results[0], results[1])


def test_the_shipped_weights_come_back_out_of_their_file(scans: list[tuple[Sample, ...]]) -> None:
    from oral_architect.anatomy.reading.graph import build_graph, features
    from oral_architect.anatomy.reading.network import read
    from oral_architect.anatomy.training.export import _OneScan
    from oral_architect.anatomy.training.weights import shipped_network

    sample = scans[0][0]
    graph = build_graph(sample["points"].astype(np.float64), sample["normals"].astype(np.float64))
    centre = graph.points.mean(0)
    told = read(graph, np.eye(3), centre)
    rest = [*graph.near, *graph.pool, *graph.members, *graph.lift, *graph.lift_weight]
    with torch.no_grad():
        x = torch.from_numpy(features(graph, np.eye(3), centre))
        probability = _OneScan(shipped_network())(x, *map(torch.from_numpy, rest))[0]
    np.testing.assert_allclose(probability.numpy(), told.probability, atol=2e-5)


def test_a_file_that_is_no_network_of_this_program_is_refused(tmp_path: Path) -> None:
    from oral_architect.anatomy.training.export import export
    from oral_architect.anatomy.training.weights import network_of

    (tmp_path / "a.onnx").write_bytes(b"cat")
    with pytest.raises(InputError, match="no ONNX file"):
        network_of(tmp_path / "a.onnx")
    export(small_net().eval(), tmp_path / "b.onnx")
    with pytest.raises(InputError, match="another network"):
        network_of(tmp_path / "b.onnx")
