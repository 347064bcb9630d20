"""Tooth numbers: every relation between teeth is the one ISO 3950 and class I occlusion give."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oral_architect.teeth import fdi as numbers

teeth = st.sampled_from(numbers.PERMANENT)


@given(teeth)
def test_the_mirror_twin_is_the_same_tooth_of_the_other_side(fdi: int) -> None:
    twin = numbers.mirror(fdi)
    assert numbers.mirror(twin) == fdi
    assert numbers.is_left(twin) != numbers.is_left(fdi)
    assert (numbers.jaw_of(twin), numbers.position(twin)) == (numbers.jaw_of(fdi), numbers.position(fdi))


@given(teeth)
def test_a_tooth_is_the_neighbour_of_its_neighbours(fdi: int) -> None:
    for other in numbers.neighbours(fdi):
        if other is not None:
            assert fdi in numbers.neighbours(other)
            assert numbers.jaw_of(other) == numbers.jaw_of(fdi)


@given(teeth)
def test_a_tooth_is_the_antagonist_of_its_antagonists(fdi: int) -> None:
    met = numbers.antagonists(fdi)
    assert met
    for other in met:
        assert fdi in numbers.antagonists(other)
        assert numbers.jaw_of(other) != numbers.jaw_of(fdi)
        assert numbers.is_left(other) == numbers.is_left(fdi)


@pytest.mark.parametrize(
    ("fdi", "mesial", "distal"),
    [(16, 15, 17), (18, 17, None), (11, 21, 12), (31, 41, 32), (41, 31, 42), (38, 37, None)],
)
def test_mesial_is_towards_the_midline(fdi: int, mesial: int | None, distal: int | None) -> None:
    assert numbers.neighbours(fdi) == (mesial, distal)


@pytest.mark.parametrize(
    ("fdi", "met"), [(16, (46, 47)), (46, (16, 15)), (11, (41, 42)), (41, (11,)), (28, (38,)), (33, (23, 22))]
)
def test_class_one_antagonists(fdi: int, met: tuple[int, ...]) -> None:
    assert numbers.antagonists(fdi) == met


def test_each_arch_runs_from_right_to_left_with_every_number_once() -> None:
    assert numbers.arch("upper") == (18, 17, 16, 15, 14, 13, 12, 11, 21, 22, 23, 24, 25, 26, 27, 28)
    assert numbers.arch("lower") == (48, 47, 46, 45, 44, 43, 42, 41, 31, 32, 33, 34, 35, 36, 37, 38)
    assert len(set(numbers.PERMANENT)) == 32


@pytest.mark.parametrize(("fdi", "jaw", "left"), [(51, "upper", False), (61, "upper", True), (75, "lower", True)])
def test_deciduous_teeth_have_a_jaw_and_a_side(fdi: int, jaw: str, left: bool) -> None:
    assert (numbers.jaw_of(fdi), numbers.is_left(fdi)) == (jaw, left)


@given(teeth)
def test_every_tooth_is_anterior_or_premolar_or_molar(fdi: int) -> None:
    premolar = numbers.position(fdi) in (4, 5)
    assert [numbers.is_anterior(fdi), premolar, numbers.is_molar(fdi)].count(True) == 1
