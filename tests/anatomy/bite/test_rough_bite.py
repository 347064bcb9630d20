from __future__ import annotations

import numpy as np
import pytest

from oral_architect.anatomy.bite.rough import RoughBiteSettings, settle_rough_bite
from oral_architect.errors import StageError
from oral_architect.geometry import Mesh
from oral_architect.geometry.registration import rotation_from_vector


def hills(spread_mm: float = 18.0, step_mm: float = 0.6) -> Mesh:
    """A wavy surface that looks down, with no two places alike."""
    x, y = np.meshgrid(np.arange(-spread_mm, spread_mm, step_mm), np.arange(-9, 9, step_mm), indexing="ij")
    z = 1.2 * np.sin(x * 0.9) * np.cos(y * 0.8) + 0.8 * np.sin(0.37 * x + 0.6 * y)
    n, m = x.shape
    index = np.arange(n * m).reshape(n, m)
    a, b, c, d = index[:-1, :-1].ravel(), index[1:, :-1].ravel(), index[1:, 1:].ravel(), index[:-1, 1:].ravel()
    faces = np.concatenate([np.stack([a, c, b], axis=1), np.stack([a, d, c], axis=1)])
    return Mesh(np.stack([x, y, z], axis=-1).reshape(-1, 3), faces)


def imprint(mesh: Mesh) -> Mesh:
    return Mesh(mesh.vertices - [0, 0, 0.02], mesh.faces[:, ::-1])


def away() -> np.ndarray:
    matrix = np.eye(4)
    matrix[:3, :3] = rotation_from_vector(np.radians([1.5, -1.0, 2.0]))
    matrix[:3, 3] = [0.8, -0.6, -1.0]
    return matrix


def rms(mesh: Mesh, motion: np.ndarray) -> float:
    gone = mesh.vertices @ motion[:3, :3].T + motion[:3, 3] - mesh.vertices
    return float(np.sqrt((gone**2).sum(axis=1).mean()))


@pytest.mark.parametrize("turned", [False, True])
def test_a_displaced_part_of_an_arch_returns_without_labels_in_any_pose(turned):
    pose = np.eye(4)
    if turned:
        pose[:3, :3] = rotation_from_vector(np.array([0.4, 2.0, -0.7]))
    upper, lower = hills(), imprint(hills())
    moved = lower.transformed(away())
    found = settle_rough_bite(upper.transformed(pose), moved.transformed(pose))
    back = np.linalg.inv(pose) @ found.motion @ pose @ away()
    assert rms(lower, back) < 0.15
    assert found.meeting > 6
    assert not found.doubts


def test_a_prepared_tooth_neither_attracts_nor_repels():
    upper, lower = hills(), imprint(hills())
    ground = lower.vertices.copy()
    ground[np.abs(ground[:, 0] - 4) < 4, 2] -= 1.5  # reduced by a preparation
    prepared = Mesh(ground, lower.faces)
    found = settle_rough_bite(upper, prepared.transformed(away()))
    assert rms(prepared, found.motion @ away()) < 0.15


def test_few_places_of_contact_are_said():
    found = settle_rough_bite(hills(5.0), imprint(hills(5.0)), RoughBiteSettings(patch_mm=9.0))
    assert any("places touch" in words for words in found.doubts)


def test_scans_that_do_not_face_each_other_are_refused():
    with pytest.raises(StageError, match="face each other"):
        settle_rough_bite(hills(), hills())


def test_scans_far_apart_are_refused():
    apart = np.eye(4)
    apart[2, 3] = -30
    with pytest.raises(StageError, match="opposite"):
        settle_rough_bite(hills(), imprint(hills()).transformed(apart))
