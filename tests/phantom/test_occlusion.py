"""The lower jaw closes until posterior teeth of both sides meet, and nothing bites through its antagonist."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from oral_architect.geometry import Mesh, concatenate
from oral_architect.geometry.closest import Surface
from oral_architect.geometry.rays import Target
from oral_architect.phantom.arch_form import DrawnArch, draw_arch, draw_form
from oral_architect.phantom.occlusion import ERUPTION_MM, occlude
from oral_architect.teeth.fdi import is_left, position
from small_patient import FULL

SEEDS = (3, 5, 11)


@cache
def bitten(seed: int) -> tuple[DrawnArch, DrawnArch, DrawnArch]:
    """Upper, lower as drawn, lower in occlusion."""
    rng = np.random.default_rng(seed)
    form = draw_form(rng, FULL)
    upper = draw_arch("upper", rng, FULL, form)
    lower = draw_arch("lower", rng, FULL, form)
    return upper, lower, occlude(upper, lower)


@pytest.mark.parametrize("seed", SEEDS)
def test_posterior_teeth_of_both_sides_meet(seed: int) -> None:
    upper, _, lower = bitten(seed)
    teeth = Surface(concatenate([t.mesh for t in upper.present]))
    gaps = {t.fdi: float(teeth.nearest(t.mesh.vertices).distance_mm.min()) for t in lower.present}
    for left in (True, False):
        side = [gap for fdi, gap in gaps.items() if position(fdi) >= 4 and is_left(fdi) == left]
        assert sum(gap < 0.1 for gap in side) >= 2, gaps


def heights(crown: Mesh, x: np.ndarray, towards: float) -> np.ndarray:
    """Height of the outermost surface of a body above places ``(n, 2)``, seen from below (-1) or above (+1)."""
    origins = np.c_[x, np.full(len(x), 150.0 * towards)]
    away, _ = Target(crown).first_hit(origins, np.tile([0, 0, -towards], (len(x), 1)))
    return np.asarray(150.0 * towards - towards * away)


@pytest.mark.parametrize("seed", [3, 5, 11])
def test_no_tooth_bites_through_its_antagonist(seed: int) -> None:
    upper, _, lower = bitten(seed)
    top = concatenate([t.mesh for t in upper.present])
    for tooth in lower.present:
        places = tooth.mesh.vertices[:, :2]
        over, under = heights(top, places, -1.0), heights(tooth.mesh, places, 1.0)
        met = np.isfinite(over) & np.isfinite(under)
        through = tooth.mesh.vertices[met & (tooth.mesh.vertices[:, 2] > over)]
        if len(through):  # on a steep slope a high overlap is a thin one: how far to the surface counts
            assert Surface(top).nearest(through).distance_mm.max() < 0.15, tooth.fdi


@pytest.mark.parametrize("seed", SEEDS)
def test_no_tooth_rises_farther_than_it_can_erupt(seed: int) -> None:
    _, before, after = bitten(seed)
    moves = []
    for old, new in zip(before.present, after.present, strict=True):
        assert old.fdi == new.fdi
        np.testing.assert_array_equal(old.pose[:3, :3], new.pose[:3, :3])
        shift = new.pose[:3, 3] - old.pose[:3, 3]
        np.testing.assert_array_equal(shift[:2], 0)
        moves.append(shift[2])
    closing = np.median([m for m, t in zip(moves, before.present, strict=True) if t.fdi % 10 >= 4])
    assert max(moves) <= closing + ERUPTION_MM + 0.05
    assert {t.fdi for t in after.absent} == {t.fdi for t in before.absent}


def test_the_lower_jaw_lies_below_the_upper() -> None:
    upper, _, lower = bitten(3)
    above, below = (concatenate([t.mesh for t in jaw.present]).vertices[:, 2] for jaw in (upper, lower))
    assert np.median(above) > np.median(below) + 3


def test_without_antagonists_nothing_moves() -> None:
    upper, lower, _ = bitten(3)
    far = type(upper)("upper", tuple(t for t in upper.present if position(t.fdi) == 7 and is_left(t.fdi)), ())
    only = type(lower)("lower", tuple(t for t in lower.present if position(t.fdi) == 7 and not is_left(t.fdi)), ())
    assert occlude(far, only) is only
