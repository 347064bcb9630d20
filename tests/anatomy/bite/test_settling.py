"""A lower arch closed over a surface comes to rest on three teeth, and single wrong teeth do not lift it."""

from __future__ import annotations

import numpy as np
import pytest

from oral_architect.anatomy.bite.clearance import Crowns
from oral_architect.anatomy.bite.opposing import relief_of
from oral_architect.anatomy.bite.settling import Rest, apart, lattice, motion_of, settled
from oral_architect.geometry import Mesh

REST = Rest(reach_mm=0.1, most_tilt=0.1, rounds=4)
TEETH = (37, 36, 35, 34, 44, 45, 46, 47)


def ceiling() -> Mesh:
    z = 5.0
    return Mesh([[-40, -40, z], [40, -40, z], [-40, 40, z], [40, 40, z]], [[0, 2, 1], [1, 2, 3]])


def arch(raised: dict[int, float] | None = None) -> Crowns:
    """One peak a tooth, all at z = 0 but those raised."""
    ys = (15.0, 5.0, -5.0, -12.0)
    places = [(25.0 - 2 * k, y) for k, y in enumerate(ys)] + [(-25.0 + 2 * k, y) for k, y in enumerate(ys)][::-1]
    points = np.array([[x, y, (raised or {}).get(t, 0.0)] for t, (x, y) in zip(TEETH, places, strict=True)])
    return Crowns(points, np.arange(9), np.array(TEETH), np.ones(8))


def rest_of(crowns: Crowns) -> np.ndarray:
    return settled(np.zeros((1, 6)), crowns, np.ones(len(crowns.teeth), dtype=bool), relief_of(ceiling()), REST)[0]


def test_an_even_arch_closes_until_all_teeth_touch():
    found = rest_of(arch())
    assert found[0] == pytest.approx(0.0, abs=1e-9)
    assert found[6] == pytest.approx(5.0)


@pytest.mark.parametrize("off", [0.8, -0.8])
def test_one_tooth_too_high_or_too_low_is_outvoted(off):
    found = rest_of(arch({36: off}))
    assert found[6] == pytest.approx(5.0, abs=1e-6)
    assert found[4:6] == pytest.approx([0, 0], abs=1e-6)
    assert found[0] > 0.1


def test_a_tilted_arch_is_levelled():
    crowns = arch()
    sloped = crowns.points + np.array([0.0, 0.0, 1.0]) * (0.03 * crowns.points[:, :1] - 0.02 * crowns.points[:, 1:2])
    found = rest_of(Crowns(sloped, crowns.first, crowns.teeth, crowns.weights))
    moved = sloped @ motion_of(found[1:], sloped.mean(axis=0))[:3, :3].T
    assert np.ptp(moved[:, 2]) < 0.01


def test_teeth_of_one_side_alone_carry_nothing():
    crowns = arch()
    half = Crowns(crowns.points[:4], np.arange(5), crowns.teeth[:4], np.ones(4))
    assert np.isinf(rest_of(half)[0])


def test_a_lattice_holds_its_middle_and_its_reach():
    middle = np.array([1.0, 2.0, 0.1, 0.01, 0.02, 3.0])
    places = lattice(middle, (0.3, 0.6, 0.05), (0.3, 0.05))
    assert len(places) == 3 * 5 * 3
    assert any(np.allclose(p, middle) for p in places)
    assert np.ptp(places[:, 1]) == pytest.approx(1.2)


def test_near_copies_of_a_better_place_are_left_out():
    rows = np.array([[0.3, 0, 0, 0, 0, 0, 0], [0.1, 0.1, 0, 0, 0, 0, 0], [0.2, 5.0, 0, 0, 0, 0, 0], [np.inf] + [9] * 6])
    kept = apart(rows, 5, 0.5, 0.1)
    assert kept[:, 0].tolist() == [0.1, 0.2]
