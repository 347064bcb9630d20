"""Tooth numbers: every relation between teeth is the one ISO 3950 and class I occlusion give."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oral_architect.errors import SettingsError
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


every_tooth = st.sampled_from(numbers.PERMANENT + numbers.DECIDUOUS + numbers.SUPERNUMERARY)


@given(every_tooth)
def test_every_number_is_of_one_kind_and_mirrors_to_the_same(fdi: int) -> None:
    kinds = [numbers.is_permanent(fdi), numbers.is_deciduous(fdi), numbers.is_supernumerary(fdi)]
    assert kinds.count(True) == 1
    twin = numbers.mirror(fdi)
    assert numbers.kind(twin) == numbers.kind(fdi) == ("permanent", "deciduous", "supernumerary")[kinds.index(True)]
    assert (numbers.mirror(twin), numbers.jaw_of(twin)) == (fdi, numbers.jaw_of(fdi))
    assert numbers.is_left(twin) != numbers.is_left(fdi)


@given(st.sampled_from(numbers.DECIDUOUS))
def test_a_milk_tooth_has_one_successor_on_its_side_and_place(fdi: int) -> None:
    later = numbers.successor(fdi)
    assert later is not None
    assert numbers.predecessor(later) == fdi
    assert (numbers.jaw_of(later), numbers.is_left(later)) == (numbers.jaw_of(fdi), numbers.is_left(fdi))
    assert numbers.position(later) == numbers.position(fdi)
    assert numbers.successor(later) is None


@pytest.mark.parametrize("fdi", [16, 27, 38, 19])
def test_molars_and_teeth_too_many_have_no_predecessor(fdi: int) -> None:
    assert numbers.predecessor(fdi) is None


@given(st.sampled_from(numbers.DECIDUOUS))
def test_neighbours_and_antagonists_of_milk_teeth_are_milk_teeth(fdi: int) -> None:
    for other in numbers.neighbours(fdi):
        assert other is None or (numbers.is_deciduous(other) and fdi in numbers.neighbours(other))
    for other in numbers.antagonists(fdi):
        assert numbers.is_deciduous(other)
        assert fdi in numbers.antagonists(other)


def test_teeth_too_many_are_numbered_by_quadrant_and_have_no_set_neighbours() -> None:
    assert [numbers.jaw_of(t) for t in (19, 29, 39, 49)] == ["upper", "upper", "lower", "lower"]
    assert [numbers.is_left(t) for t in (19, 29, 39, 49)] == [False, True, True, False]
    assert numbers.neighbours(29) == (None, None)
    assert numbers.antagonists(29) == ()
    assert not numbers.is_molar(29)


@pytest.mark.parametrize(
    ("fdi", "mesial", "distal"), [(51, 61, 52), (55, 54, None), (64, 63, 65), (81, 71, 82), (75, 74, None)]
)
def test_mesial_of_milk_teeth_is_towards_the_midline(fdi: int, mesial: int | None, distal: int | None) -> None:
    assert numbers.neighbours(fdi) == (mesial, distal)


def test_milk_molars_are_molars() -> None:
    assert [numbers.is_molar(t) for t in (53, 54, 55, 84, 14)] == [False, True, True, True, False]


@pytest.mark.parametrize("fdi", [0, 10, 50, 56, 90, 20])
def test_what_is_no_tooth_number_is_refused(fdi: int) -> None:
    with pytest.raises(SettingsError, match="not a tooth number"):
        numbers.kind(fdi)
