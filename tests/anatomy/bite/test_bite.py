from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import check_grad

from oral_architect.anatomy.bite.articulate import BiteSettings, articulate
from oral_architect.anatomy.bite.opposing import Occlusal, closing_energy, gaps_mm, pose_matrix, relief_of
from oral_architect.errors import StageError
from oral_architect.geometry import Mesh
from oral_architect.geometry.registration import rotation_from_vector
from oral_architect.teeth import fdi as numbers

from ..model_arch import model_arch

FEWER = BiteSettings(kept=(20, 4, 2))  # an imprint is near everywhere, and each place takes its time
QUICK = BiteSettings(reach_sagittal_mm=0.0, points=500, kept=(10, 2, 1))


@pytest.fixture(scope="module")
def pair():
    """An upper arch of crowns and a lower one whose surfaces are its imprint: where they fit is known."""
    upper = model_arch("upper", seed=2)
    lower_labels = np.array([{1: 4, 2: 3}[int(t) // 10] * 10 + int(t) % 10 for t in upper.labels])
    return upper, imprint(upper.mesh), lower_labels


def imprint(upper: Mesh) -> Mesh:
    """What is seen of the upper crowns from below, turned inside out and drawn 0.05 mm away: a perfect antagonist."""
    middle = upper.vertices[upper.faces].mean(axis=1)
    seen = np.abs(gaps_mm(middle, relief_of(upper, 0.1))[0]) < 0.05
    keep = (
        upper.face_normals[:, 2] < -0.5
    ) & seen  # no side walls, where crowns drawn too close run through one another
    faces = upper.faces[keep][:, ::-1]
    return Mesh(upper.vertices - [0, 0, 0.05], faces)


def moved(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    pose = np.eye(4)
    pose[:3, :3] = rotation_from_vector(np.radians(rng.uniform(-2, 2, 3)))
    pose[:3, 3] = rng.uniform(-1.5, 1.5, 3)
    return pose


@pytest.mark.parametrize("seed", [1, 2])
def test_an_arch_moved_away_returns_to_where_it_fits(pair, seed):
    upper, lower, labels = pair
    away = moved(seed)
    bite = articulate(upper.mesh, lower.transformed(away), upper.labels, labels, settings=FEWER)
    back = np.array(bite.lower_moved) @ away
    gaps = np.linalg.norm(lower.vertices @ back[:3, :3].T + back[:3, 3] - lower.vertices, axis=1)
    assert gaps.mean() < 0.25
    assert not bite.given
    # an imprint's steep walls overlap at the slightest shift: then it is said
    assert bite.max_penetration_mm <= BiteSettings().penetration_mm + 0.001 or "teeth overlap" in bite.note
    sides = {numbers.is_left(c.lower) for c in bite.contacts}
    assert sides == {True, False}


def test_scans_in_bite_are_left_so(pair):
    upper, lower, labels = pair
    away = moved(3)
    bite = articulate(upper.mesh, lower.transformed(away), upper.labels, labels, as_given=np.linalg.inv(away))
    assert bite.given
    assert np.allclose(np.array(bite.lower_moved), np.linalg.inv(away))
    assert bite.residual_mm < 0.2


@pytest.mark.parametrize("shift", [(0, 0, -6.0), (0, 0, 2.0), (60.0, 0, 0)])
def test_scans_out_of_bite_are_not_taken_as_given(pair, shift):
    upper, lower, labels = pair
    given = np.eye(4)
    given[:3, 3] = shift
    assert not articulate(upper.mesh, lower, upper.labels, labels, as_given=given, settings=QUICK).given


def test_few_teeth_are_said_to_be_ambiguous(pair):
    upper, lower, labels = pair
    few = np.where(np.isin(labels, (46, 47)), labels, 0)
    bite = articulate(upper.mesh, lower, upper.labels, few, settings=QUICK)
    assert bite.ambiguous
    assert "one side" in bite.note


def test_an_arch_without_teeth_is_refused(pair):
    upper, lower, labels = pair
    with pytest.raises(StageError, match="lower arch has no teeth"):
        articulate(upper.mesh, lower, upper.labels, np.zeros_like(labels))


def test_the_same_arches_give_the_same_bite(pair):
    upper, lower, labels = pair
    first = articulate(upper.mesh, lower.transformed(moved(4)), upper.labels, labels, settings=QUICK)
    second = articulate(upper.mesh, lower.transformed(moved(4)), upper.labels, labels, settings=QUICK)
    assert first == second


def test_the_energy_slope_is_its_derivative(pair):
    upper, lower, _ = pair
    relief = relief_of(upper.mesh)
    points = lower.vertices[lower.faces].mean(axis=1)[::10] - [0.03, 0.02, 0.4]
    occlusal = Occlusal(points, np.full(len(points), 1 / len(points)), np.full(len(points), 36))
    pose = np.array([0.4, -0.3, 0.5, 0.2, -0.3, -0.2])

    def value(x):
        return closing_energy(x, occlusal, relief, 1.0, 0.2)[0]

    def slope(x):
        return closing_energy(x, occlusal, relief, 1.0, 0.2)[1]

    # the slope of the cosine map is left out on purpose; what remains must still point the same way
    numeric = np.array([(value(pose + h) - value(pose - h)) / 2e-4 for h in np.eye(6) * 1e-4])
    assert np.linalg.norm(numeric - slope(pose)) < 0.05 * np.linalg.norm(numeric)
    assert (
        check_grad(lambda z: value(np.append(pose[:5], z)), lambda z: slope(np.append(pose[:5], z))[5:], [-0.2]) < 1e-4
    )


def test_gaps_are_vertical_distances_over_flat_ground():
    flat = Mesh([[0, 0, 5], [20, 0, 5], [0, 20, 5], [20, 20, 5]], [[0, 2, 1], [1, 2, 3]])
    gap, cover = gaps_mm(np.array([[10.0, 10.0, 3.0], [-5.0, -5.0, 3.0]]), relief_of(flat))
    assert gap[0] == pytest.approx(2)
    assert cover[0] == pytest.approx(1)
    assert cover[1] == 0


def test_a_pose_turns_about_its_centre():
    centre = np.array([1.0, 2.0, 3.0])
    matrix = pose_matrix(np.array([3.0, 0, 0, 0, 0, 0.5]), centre)
    assert np.allclose(matrix[:3, :3] @ centre + matrix[:3, 3], centre + np.array([0, 0, 0.5]))
