"""A scan of any density, pose and order becomes the same small graph, with every index in range."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from oral_architect.anatomy.reading.graph import (
    FEATURES,
    SCALE_MM,
    SPACING_MM,
    ScanGraph,
    build_graph,
    features,
    sample_surface,
)
from oral_architect.geometry import Mesh

from ..model_arch import bump_row


@pytest.fixture(scope="module")
def graph() -> ScanGraph:
    return build_graph(*sample_surface(bump_row()[0]))


def test_points_are_spread_evenly_whatever_the_density() -> None:
    counts = []
    for spacing in (0.2, 0.4, 2.5):
        points, normals = sample_surface(bump_row(spacing)[0])
        counts.append(len(points))
        np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-6)
    area = bump_row(0.2)[0].area_mm2
    assert all(0.5 < n * SPACING_MM**2 / area < 2.5 for n in counts), counts


def test_large_faces_are_filled() -> None:
    square = Mesh(
        np.array([[0, 0, 0], [20, 0, 0], [20, 20, 0], [0, 20, 0]], dtype=float), np.array([[0, 1, 2], [0, 2, 3]])
    )
    points, normals = sample_surface(square)
    assert len(points) > 60
    np.testing.assert_allclose(normals[:, 2], 1)


def test_every_index_points_into_its_level(graph: ScanGraph) -> None:
    sizes = [len(graph.points), *(len(m) for m in graph.members)]
    assert sizes == sorted(sizes, reverse=True)
    for level in range(4):
        assert graph.near[level].shape == (sizes[level], 12)
        assert 0 <= graph.near[level].min() <= graph.near[level].max() < sizes[level]
    for level in range(3):
        assert graph.pool[level].shape == (sizes[level + 1], 10)
        assert graph.pool[level].max() < sizes[level]
        assert graph.lift[level].shape == (sizes[level], 3)
        assert graph.lift[level].max() < sizes[level + 1]
        assert graph.members[level].max() < sizes[0]
        np.testing.assert_allclose(graph.lift_weight[level].sum(1), 1, atol=1e-5)


def test_a_node_is_its_own_nearest_neighbour(graph: ScanGraph) -> None:
    np.testing.assert_array_equal(graph.near[0][:, 0], np.arange(len(graph.points)))


def test_tops_stand_out_and_creases_lie_in(graph: ScanGraph) -> None:
    x, y = graph.points[:, 0], graph.points[:, 1]
    top = np.hypot(x - 4, y) < 1.5
    foot = np.abs(np.hypot(x - 4, y) - 4.2) < 0.4
    assert graph.bends[top].mean() > 0.05
    assert graph.bends[foot].mean() < -0.05


@pytest.mark.parametrize("seed", range(4))
def test_features_follow_the_trial_pose_and_not_the_scanners(graph: ScanGraph, seed: int) -> None:
    points = graph.points + np.random.default_rng(seed).normal(0, 0.05, graph.points.shape)  # no two as near as others
    turn = Rotation.random(random_state=seed).as_matrix()
    still, moved = build_graph(points, graph.normals), build_graph(points @ turn.T + 7, graph.normals @ turn.T)
    here = features(still, np.eye(3), still.points.mean(0))
    there = features(moved, turn.T, moved.points.mean(0))
    assert here.shape == (len(points), FEATURES)
    np.testing.assert_allclose(here, there, atol=2e-4)
    assert np.abs(here[:, :3]).max() < 40 / SCALE_MM


def test_a_scan_smaller_than_the_neighbourhood_is_padded() -> None:
    points = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]])
    small = build_graph(points, np.tile([0, 0, 1.0], (3, 1)))
    assert small.near[0].shape == (3, 12)
    assert np.isfinite(small.lift_weight[0]).all()
