from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oral_architect.anatomy.reading.refine import RefineSettings, concavity_per_mm, refine_labels, remove_islands
from oral_architect.errors import SettingsError
from oral_architect.geometry import Mesh

from ..model_arch import bump_row

TEETH = (46, 45, 44)
CLASSES = {0: 0, 46: 1, 45: 2, 44: 3}


@pytest.fixture(scope="module")
def row() -> tuple[Mesh, np.ndarray]:
    mesh, labels = bump_row(teeth=TEETH)
    return mesh, np.array([CLASSES[int(x)] for x in labels])


def soft(mesh: Mesh, truth: np.ndarray, *, shift_mm: float, noise: float, seed: int = 0) -> np.ndarray:
    """Labels moved sideways and blurred with noise, as a network would give them."""
    from scipy.spatial import cKDTree

    rng = np.random.default_rng(seed)
    moved = truth[cKDTree(mesh.vertices[:, :2]).query(mesh.vertices[:, :2] + [shift_mm, 0])[1]]
    logits = 2.0 * np.eye(4)[moved] + noise * rng.normal(size=(len(truth), 4))
    table = np.exp(logits)
    return table / table.sum(axis=1, keepdims=True)


def test_noisy_shifted_labels_return_to_the_creases(row):
    mesh, truth = row
    table = soft(mesh, truth, shift_mm=0.7, noise=1.0)
    assert (table.argmax(axis=1) == truth).mean() < 0.85
    trusted_less = RefineSettings(smoothness=2.5)  # noise as strong as this asks for more smoothing than a network's
    assert (refine_labels(mesh, table, trusted_less) == truth).mean() > 0.95


def test_certain_labels_stay(row):
    mesh, truth = row
    assert (refine_labels(mesh, np.eye(4)[truth]) == truth).mean() > 0.99


def test_an_island_far_from_its_tooth_is_given_away(row):
    mesh, truth = row
    labels = truth.copy()
    island = np.hypot(mesh.vertices[:, 0] - 12, mesh.vertices[:, 1]) < 1.2
    labels[island] = 1
    assert (remove_islands(mesh, labels) == truth).all()


def test_a_big_second_part_is_kept(row):
    mesh, truth = row
    labels = np.where(truth == 3, 1, truth)
    assert (remove_islands(mesh, labels) == labels).all()


def test_every_tooth_is_one_piece_whatever_the_noise(row):
    mesh, truth = row

    @settings(max_examples=8, deadline=None)
    @given(st.integers(0, 10_000))
    def check(seed: int) -> None:
        labels = refine_labels(mesh, soft(mesh, truth, shift_mm=0.3, noise=1.5, seed=seed))
        for tooth in (1, 2, 3):
            own = labels == tooth
            assert own.any()
            part = Mesh(mesh.vertices, mesh.faces[own[mesh.faces].all(axis=1)]).to_trimesh()
            pieces = part.split(only_watertight=False)
            sizes = sorted(piece.area for piece in pieces)
            assert all(s > 0.1 * sizes[-1] or s < 1.0 for s in sizes)

    check()


def test_the_same_input_gives_the_same_labels(row):
    mesh, truth = row
    table = soft(mesh, truth, shift_mm=0.5, noise=1.2)
    assert (refine_labels(mesh, table) == refine_labels(mesh, table.copy())).all()


def test_valleys_are_positive_and_ridges_negative(row):
    mesh, _ = row
    depth = concavity_per_mm(mesh)
    top = np.hypot(mesh.vertices[:, 0] - 4, mesh.vertices[:, 1]) < 1.5
    foot = np.abs(np.hypot(mesh.vertices[:, 0] - 4, mesh.vertices[:, 1]) - 4.2) < 0.15
    assert depth[top].max() < 0
    assert depth[foot].mean() > 0.3


@pytest.mark.parametrize("bad", [np.zeros((3, 4)), np.zeros(5)])
def test_a_table_that_does_not_fit_is_refused(row, bad):
    with pytest.raises(SettingsError):
        refine_labels(row[0], bad)


def test_numbers_that_are_not_probabilities_are_refused(row):
    mesh, truth = row
    table = np.eye(4)[truth]
    table[0, 0] = np.nan
    with pytest.raises(SettingsError):
        refine_labels(mesh, table)
