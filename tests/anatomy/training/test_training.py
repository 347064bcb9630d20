"""Samples come back as they were, kernels do what numpy does, and training runs, resumes and exports."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oral_architect.anatomy.reading.labels import fdi_of
from oral_architect.anatomy.training.gather import gather_max, scatter_weighted, scatter_winner
from oral_architect.anatomy.training.samples import (
    Sample,
    classes_of,
    load_sample,
    make_sample,
    occlusal_frame,
    save_sample,
    trial_pose,
)
from oral_architect.teeth.fdi import arch

from ..model_arch import model_arch


@pytest.fixture(scope="module")
def sample() -> Sample:
    jaw = model_arch("upper")
    return make_sample(jaw.mesh, jaw.labels, True, np.random.default_rng(0))


@pytest.mark.parametrize("upper", [True, False])
def test_classes_and_numbers_are_inverse(upper: bool) -> None:
    teeth = np.array([0, *arch("upper" if upper else "lower")])
    classes = classes_of(teeth, upper)
    assert sorted(classes.tolist()) == list(range(17))
    np.testing.assert_array_equal(fdi_of(classes, "upper" if upper else "lower"), teeth)


@pytest.mark.parametrize("upper", [True, False])
def test_low_classes_lie_on_plus_x_in_the_networks_frame(upper: bool) -> None:
    jaw = model_arch("upper" if upper else "lower")
    turned = jaw.mesh.vertices @ occlusal_frame(upper).T
    classes = classes_of(jaw.labels, upper)
    for number in range(2, 8):
        assert turned[classes == number, 0].mean() > 0
        assert turned[classes == number + 8, 0].mean() < 0
    normals = jaw.mesh.vertex_normals @ occlusal_frame(upper).T
    assert normals[:, 2].mean() > 0, "+z is occlusal"
    front = np.isin(classes, [1, 9])
    assert turned[front, 1].mean() > turned[~front, 1].mean(), "+y is anterior"


def test_a_sample_comes_back_as_it_was_and_leaves_nothing_beside_it(sample: Sample, tmp_path: Path) -> None:
    path = tmp_path / "0000001.npz"
    save_sample(sample, path)
    again = load_sample(path)
    assert set(again.arrays) == set(sample.arrays)
    for name, values in sample.arrays.items():
        np.testing.assert_array_equal(again[name], values)
        assert again[name].dtype == values.dtype
    assert [p.name for p in tmp_path.iterdir()] == ["0000001.npz"]


def test_every_node_knows_its_tooths_centre(sample: Sample) -> None:
    for number in np.unique(sample["classes"]):
        own = sample["classes"] == number
        middle = sample["points"][own].mean(0) if number else np.zeros(3)
        np.testing.assert_allclose(sample["centre"][own], np.tile(middle, (own.sum(), 1)), atol=1e-2)


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 2**31))
def test_a_look_keeps_class_and_place_together_even_in_the_mirror(sample: Sample, seed: int) -> None:
    feature, back, truth = trial_pose(sample, np.random.default_rng(seed))
    own = truth["classes"]
    assert np.bincount(own, minlength=17).sum() == len(feature)
    np.testing.assert_array_equal(own == 0, sample["classes"] == 0)
    from scipy.spatial.transform import Rotation

    upright = Rotation.from_rotvec(back).apply(feature[:, :3].astype(np.float64))
    for place in range(3, 8):
        plus, minus = upright[own == place, 0], upright[own == place + 8, 0]
        assert plus.mean() > minus.mean(), "classes 1-8 stay on the +x side"
    centre = feature[:, :3] + truth["offset"]
    for number in set(own.tolist()) - {0}:
        assert np.ptp(centre[own == number], axis=0).max() < 0.01, "one tooth, one centre"


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**31), n=st.integers(1, 30), k=st.integers(1, 12), c=st.integers(1, 8))
def test_kernels_do_what_numpy_does(seed: int, n: int, k: int, c: int) -> None:
    rng = np.random.default_rng(seed)
    rows = n + 3
    x = rng.standard_normal((rows, c)).astype(np.float32)
    index = rng.integers(0, rows, (n, k)).astype(np.int32)
    best, winner = gather_max(x, index)
    np.testing.assert_array_equal(best, x[index].max(1))
    np.testing.assert_array_equal(np.take_along_axis(x, winner, 0), best)
    grad = rng.standard_normal((n, c)).astype(np.float32)
    expected = np.zeros((rows, c), np.float32)
    np.add.at(expected, (winner, np.arange(c)[None]), grad)
    np.testing.assert_allclose(scatter_winner(grad, winner, rows), expected, atol=1e-5)
    weight = rng.random((n, k)).astype(np.float32)
    expected = np.zeros((rows, c), np.float32)
    np.add.at(expected, index, weight[:, :, None] * grad[:, None])
    np.testing.assert_allclose(scatter_weighted(grad, index, weight, rows), expected, atol=1e-4)


@pytest.fixture
def folder(sample: Sample, tmp_path: Path) -> Path:
    for k in range(2):
        save_sample(sample, tmp_path / f"{k:07d}.npz")
    return tmp_path


class OneSecondAStep:
    """A clock that goes on by a second each time it is asked, however slow the machine is."""

    def __init__(self) -> None:
        self.told = -1.0

    def monotonic(self) -> float:
        self.told += 1
        return self.told


def test_training_runs_and_resumes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    from oral_architect.anatomy.training import train as trainer

    monkeypatch.setattr(trainer, "time", OneSecondAStep())
    out = folder / "net"
    trainer.train(folder, out, trainer.Recipe(minutes=2.5 / 60, batch=2, rate=1e-3))
    first = torch.load(out / "last.pt")
    assert first["step"] == 2
    monkeypatch.setattr(trainer, "time", OneSecondAStep())
    trainer.train(folder, out, trainer.Recipe(minutes=first["spent"] / 60 + 1.5 / 60, batch=2, rate=1e-3))
    second = torch.load(out / "last.pt")
    assert second["step"] > first["step"], "it went on where it stopped"
    assert second["spent"] > first["spent"]
    name = "stem.weight"
    assert not torch.equal(first["net"][name], second["net"][name])
    assert all(torch.isfinite(values).all() for values in second["net"].values())
    assert sorted(p.name for p in out.iterdir()) == ["last.pt"]


def test_training_only_the_kinds_leaves_every_other_weight_as_it_was(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch = pytest.importorskip("torch")
    from oral_architect.anatomy.training import train as trainer

    monkeypatch.setattr(trainer, "time", OneSecondAStep())
    trainer.train(folder, folder / "all", trainer.Recipe(minutes=2.5 / 60, batch=2))
    monkeypatch.setattr(trainer, "time", OneSecondAStep())
    start = folder / "all/last.pt"
    trainer.train(folder, folder / "kinds", trainer.Recipe(minutes=2.5 / 60, batch=2, start=start, only_kinds=True))
    before, after = torch.load(start)["average"], torch.load(folder / "kinds/last.pt")["net"]
    changed = {name for name, values in after.items() if not torch.equal(values, before[f"module.{name}"])}
    assert changed
    assert all(name.startswith("kind.") for name in changed)


def test_the_gradient_of_the_kernels_is_the_one_torch_finds() -> None:
    torch = pytest.importorskip("torch")
    from oral_architect.anatomy.training.model import neighbour_max, weighted_lift

    rng = np.random.default_rng(0)
    index = torch.from_numpy(rng.integers(0, 9, (6, 4)).astype(np.int32))
    weight = torch.from_numpy(rng.random((6, 4)).astype(np.float32))
    pull = torch.from_numpy(rng.standard_normal((6, 5)).astype(np.float32))

    def slopes(function: Any) -> Any:
        x = torch.from_numpy(np.random.default_rng(1).standard_normal((9, 5)).astype(np.float32)).requires_grad_()
        (function(x) * pull).sum().backward()
        return x.grad

    torch.testing.assert_close(slopes(lambda x: neighbour_max(x, index)), slopes(lambda x: x[index.long()].amax(1)))
    torch.testing.assert_close(
        slopes(lambda x: weighted_lift(x, index, weight)),
        slopes(lambda x: (x[index.long()] * weight[:, :, None]).sum(1)),
    )


def test_the_exported_network_gives_the_numbers_of_the_trained_one(sample: Sample, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("onnx")
    from oral_architect.anatomy.reading.graph import build_graph, features
    from oral_architect.anatomy.reading.network import read
    from oral_architect.anatomy.training.export import _OneScan, export
    from oral_architect.anatomy.training.model import ArchNet

    torch.manual_seed(3)
    torch.set_num_threads(1)
    net = ArchNet().eval()
    path = tmp_path / "net.onnx"
    export(net, path)
    graph = build_graph(sample["points"].astype(np.float64), sample["normals"].astype(np.float64))
    centre = graph.points.mean(0)
    told = read(graph, np.eye(3), centre, path)
    x = features(graph, np.eye(3), centre)
    rest = [*graph.near, *graph.pool, *graph.members, *graph.lift, *graph.lift_weight]
    with torch.no_grad():
        probability, kind, offset, upper, turn = _OneScan(net)(torch.from_numpy(x), *map(torch.from_numpy, rest))
    np.testing.assert_allclose(told.probability, probability.numpy(), atol=2e-5)
    np.testing.assert_allclose(told.kind, kind.numpy(), atol=2e-5)
    np.testing.assert_allclose(told.tooth_centre, (offset.numpy() + x[:, :3]) * 25.0, atol=2e-3)
    np.testing.assert_allclose(told.turn_back, turn.numpy()[0], atol=2e-5)
    assert told.upper == pytest.approx(float(upper[0]), abs=2e-5)
