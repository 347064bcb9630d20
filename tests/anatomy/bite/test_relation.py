"""A bite is called what dentists call it."""

from __future__ import annotations

import numpy as np
import pytest

from oral_architect.anatomy.bite.relation import class_words, crossed, front_words, outermost

LOWER = {t: np.array([0.0, 7.0 * (t % 10), 0.0]) for t in (34, 35, 44, 45)}


@pytest.mark.parametrize(
    ("behind_mm", "says"),
    [
        (0.5, "class I"),
        (-1.5, "class I"),
        (3.5, "class II by half a cusp"),
        (7.0, "class II by a full cusp"),
        (-3.0, "class III by half a cusp"),
        (-12.0, "class III by more than a cusp"),
    ],
)
def test_the_class_is_counted_in_half_cusps(behind_mm, says):
    assert class_words(behind_mm, LOWER) == says


def test_without_premolars_no_class_is_named():
    assert class_words(3.0, {36: np.zeros(3)}) == ""


def test_the_front_is_open_edge_to_edge_or_closed():
    assert [front_words(o) for o in (-0.3, 0.2, 2.0)] == ["open bite in front", "edge to edge in front", ""]


def test_lower_teeth_outside_the_upper_ones_are_in_crossbite():
    upper = {26: np.array([28.0, 0, 0]), 16: np.array([-28.0, 0, 0])}
    lower = {36: np.array([29.0, 0, 0]), 46: np.array([-26.0, 0, 0]), 31: np.array([40.0, 0, 0])}
    assert crossed(lower, upper) == (36,)


def test_the_outermost_place_is_at_the_cheek():
    points = np.stack([-np.linspace(20, 30, 101), np.zeros(101), np.zeros(101)], axis=1)
    assert outermost(points, np.full(101, 46))[46][0] == pytest.approx(-29.75, abs=0.1)
