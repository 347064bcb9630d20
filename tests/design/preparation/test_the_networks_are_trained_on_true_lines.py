"""Examples for training point at the true finish line, and a trained network can be asked."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from oral_architect.design.preparation.evidence import CHANNELS, likelihood
from oral_architect.design.preparation.training.examples import Example, cut_examples, kept_examples

from .lathe import RADIUS_MM, turned


@cache
def _examples() -> list[Example]:
    die = turned()
    angle = np.arange(400) / 400 * 2 * np.pi
    line = RADIUS_MM * np.column_stack([np.cos(angle), np.sin(angle), np.zeros(400)])
    return cut_examples(die.scan, die.crown, line, np.eye(3), np.random.default_rng(3))


def test_every_cut_of_a_clean_die_shows_the_line() -> None:
    examples = _examples()
    assert {one.kind for one in examples} == {"around", "along"}
    for one in examples:
        assert one.seen.shape[:2] == (CHANNELS, len(one.at))
        assert (one.at >= 0).mean() > 0.98


def test_the_shipped_networks_see_the_line_of_a_die_none_was_trained_on() -> None:
    for one in _examples():
        chance, hidden = likelihood(one.kind, one.seen.astype(np.float64))
        assert np.allclose(chance.sum(axis=1) + hidden, 1.0, atol=1e-4)
        assert np.median(np.abs(chance.argmax(axis=1) - one.at)) <= 1


def test_examples_are_kept_as_they_are(tmp_path: Path) -> None:
    arrays = {
        f"{k}/{one.kind}/{name}": getattr(one, name) for k, one in enumerate(_examples()) for name in ("seen", "at")
    }
    np.savez_compressed(tmp_path / "finish-lines-5.npz", allow_pickle=False, **arrays)
    kept = kept_examples(5, tmp_path)
    assert [one.kind for one in kept] == [one.kind for one in _examples()]
    assert all(np.array_equal(a.at, b.at) for a, b in zip(kept, _examples(), strict=True))


@pytest.mark.slow
def test_a_trained_network_can_be_written_and_asked(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("onnx")
    import onnxruntime

    from oral_architect.design.preparation.training.network import export
    from oral_architect.design.preparation.training.train import trained

    one = next(x for x in _examples() if x.kind == "along")
    net = trained("along", _examples(), steps=2, seed=1)
    export(net, one.seen.shape[2], tmp_path / "net.onnx")
    session = onnxruntime.InferenceSession(str(tmp_path / "net.onnx"), providers=["CPUExecutionProvider"])
    (chance,) = session.run(None, {"x": one.seen[None].astype(np.float32)})
    assert chance.shape == (1, len(one.at), one.seen.shape[2] + 1)
    assert np.allclose(chance.sum(axis=2), 1.0, atol=1e-4)
