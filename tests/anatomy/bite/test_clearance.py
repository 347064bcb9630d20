from __future__ import annotations

import numpy as np
import pytest

from oral_architect.anatomy.bite.clearance import NOTHING_ABOVE_MM, Closeness, Crowns, clearances_mm, meeting_energy
from oral_architect.anatomy.bite.opposing import relief_of
from oral_architect.geometry import Mesh

CLOSE = Closeness(overlap_mm=0.05, reach_mm=0.3, give_mm=0.1, blend_mm=0.03)


def ceiling(slope: float = 0.0) -> Mesh:
    """A flat upper surface 5 mm up, 40 mm square, rising with y."""
    z = [5 - 20 * slope, 5 - 20 * slope, 5 + 20 * slope, 5 + 20 * slope]
    return Mesh([[-20, -20, z[0]], [20, -20, z[1]], [-20, 20, z[2]], [20, 20, z[3]]], [[0, 2, 1], [1, 2, 3]])


def peaks(heights: list[float]) -> Crowns:
    points = np.array([[x, y, h] for x, y, h in zip([-9.0, 0.0, 9.0], [-5.0, 6.0, -5.0], heights, strict=True)])
    return Crowns(points, np.arange(4), np.array([46, 31, 36]), np.full(3, 1 / 3))


def test_clearance_is_the_distance_below_a_flat_ceiling():
    assert clearances_mm(peaks([4.0, 5.0, 5.2]), relief_of(ceiling()), 0.03) == pytest.approx([1.0, 0.0, -0.2])


def test_clearance_under_a_slope_is_taken_along_its_normal():
    gap = clearances_mm(peaks([4.0, 4.0, 4.0]), relief_of(ceiling(0.5), 0.1), 0.03)
    upright = 1 / np.sqrt(1.25)
    assert gap == pytest.approx(np.array([1 - 2.5, 1 + 3.0, 1 - 2.5]) * upright, abs=0.02)


def test_a_tooth_with_nothing_above_is_far_away():
    away = Crowns(np.array([[90.0, 0, 0]]), np.array([0, 1]), np.array([36]), np.ones(1))
    assert clearances_mm(away, relief_of(ceiling()), 0.03)[0] == NOTHING_ABOVE_MM


def test_the_energy_is_least_where_every_tooth_just_touches():
    relief = relief_of(ceiling())
    touching, short, deep = (meeting_energy(np.zeros(6), peaks([h] * 3), relief, CLOSE)[0] for h in (5.05, 4.0, 5.4))
    assert touching == pytest.approx(0, abs=1e-9)
    assert 0.8 < short < 1
    assert deep > 1.5 > short


def test_the_slope_of_the_energy_is_its_derivative():
    relief = relief_of(ceiling(0.2), 0.1)
    crowns, pose = peaks([4.0, 6.0, 3.7]), np.array([0.2, -0.1, 0.3, 0.1, 0.2, 0.05])
    numeric = [
        (meeting_energy(pose + h, crowns, relief, CLOSE)[0] - meeting_energy(pose - h, crowns, relief, CLOSE)[0]) / 2e-5
        for h in np.eye(6) * 1e-5
    ]
    assert meeting_energy(pose, crowns, relief, CLOSE)[1] == pytest.approx(np.array(numeric), abs=2e-3)
