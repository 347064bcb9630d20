"""The tooth chart shows every tooth once and at its place, is valid for any mouth, and says in words what it shows."""

from __future__ import annotations

import os
import re
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mouths import mouth

from oral_architect.teeth.fdi import LOWER, PERMANENT, UPPER
from oral_architect.web.chart import Mark, tooth_chart

SVG = "{http://www.w3.org/2000/svg}"
MILK = tuple(q * 10 + k for q in (5, 6, 7, 8) for k in range(1, 6))
EXTRA = (19, 29, 39, 49)
GOLDEN = Path(__file__).with_name("small_chart.svg")


def small() -> str:
    """A quadrant and a half: one tooth in doubt, one milk tooth, one supernumerary, one mark."""
    teeth = (11, 12, 13, 14, 16, 21, 55, 19, 31, 41)
    landscape = mouth(teeth, doubtful=(13,), measured=True, beside={19: 0.5})
    return tooth_chart(landscape, marks={11: Mark("wear", "notice")}, title="A small mouth")


def teeth_drawn(text: str) -> list[tuple[int, set[str], Xml.Element]]:
    """Every tooth place of a chart: its number, its classes, its group."""
    groups = [g for g in Xml.fromstring(text).iter(f"{SVG}g") if g.get("data-fdi")]
    return [(int(g.get("data-fdi", "")), set(g.get("class", "").split()), g) for g in groups]


def number_at(group: Xml.Element) -> tuple[float, float]:
    told = next(t for t in group.iter(f"{SVG}text") if t.get("class") == "number")
    return float(told.get("x", "")), float(told.get("y", ""))


def test_a_small_mouth_gives_the_kept_drawing() -> None:
    if os.environ.get("RENEW_GOLDEN"):
        GOLDEN.write_text(small(), encoding="utf-8", newline="\n")
    assert small() == GOLDEN.read_text(encoding="utf-8")


@given(
    teeth=st.sets(st.sampled_from(PERMANENT + MILK + EXTRA)),
    again=st.lists(st.sampled_from(EXTRA), max_size=3),
    data=st.data(),
)
@settings(max_examples=40, deadline=None)
def test_any_set_of_teeth_is_drawn_whole_and_each_tooth_once(
    teeth: set[int], again: list[int], data: st.DataObject
) -> None:
    given_teeth = sorted(teeth) + again
    doubtful = data.draw(st.sets(st.sampled_from(given_teeth))) if given_teeth else set()
    text = tooth_chart(mouth(given_teeth, doubtful=doubtful, measured=data.draw(st.booleans())))
    drawn = teeth_drawn(text)
    there = sorted(f for f, classes, _ in drawn if classes & {"present", "doubtful"})
    assert there == sorted(given_teeth)
    assert {f for f, classes, _ in drawn if "doubtful" in classes} == doubtful
    # each permanent place is in the chart exactly once, whether its tooth is there or not
    assert sorted(f for f, _, _ in drawn if f in PERMANENT) == sorted(PERMANENT)


@given(words=st.text(max_size=60))
@settings(max_examples=30, deadline=None)
def test_any_words_leave_it_valid(words: str) -> None:
    text = tooth_chart(mouth((11, 21)), title=words, marks={11: Mark(words, "bad")})
    root = Xml.fromstring(text.encode("utf-8"))
    assert root.tag == f"{SVG}svg"
    assert not [e for e in root.iter() if e.tag in {f"{SVG}script", f"{SVG}image", f"{SVG}a"}]


def test_it_needs_nothing_from_elsewhere() -> None:
    text = small().replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?:|url\(|@import|href", text)


def test_the_right_of_the_patient_is_on_the_left_and_rows_run_from_third_to_third_molar() -> None:
    drawn = teeth_drawn(tooth_chart(mouth(PERMANENT)))
    at = {f: number_at(g) for f, _, g in drawn}
    for row in (UPPER, LOWER):
        across = [at[f][0] for f in row]
        assert across == sorted(across)
        assert len({at[f][1] for f in row}) == 1
    assert at[11][1] < at[41][1]


def test_milk_teeth_stand_beneath_their_successors_between_the_permanent_rows() -> None:
    drawn = teeth_drawn(tooth_chart(mouth((*PERMANENT, *MILK))))
    at = {f: number_at(g) for f, _, g in drawn}
    for milk in MILK:
        assert at[milk][0] == at[milk - 40][0]
        assert at[11][1] < at[milk][1] < at[41][1]


@pytest.mark.parametrize(("place", "left_of", "right_of"), [(0.5, 11, 21), (2.5, 13, 12), (8.7, None, 18)])
def test_a_supernumerary_tooth_stands_where_the_scan_shows_it(place: float, left_of: int | None, right_of: int) -> None:
    drawn = teeth_drawn(tooth_chart(mouth((*UPPER, 19), beside={19: place})))
    at = {f: number_at(g)[0] for f, _, g in drawn}
    assert at[19] < at[right_of]
    assert left_of is None or at[left_of] < at[19]


def test_no_two_places_of_a_row_overlap() -> None:
    drawn = teeth_drawn(tooth_chart(mouth((*PERMANENT, 19, 19, 29), beside={19: 3.4, 29: 0.5})))
    across = sorted(number_at(g)[0] for f, _, g in drawn if f in UPPER or f in (19, 29))
    assert len(across) == 19
    assert min(b - a for a, b in pairwise(across)) > 34


def test_what_is_missing_is_struck_out_and_what_is_waited_for_is_not() -> None:
    drawn = {f: (c, g) for f, c, g in teeth_drawn(tooth_chart(mouth([*(f for f in UPPER if f not in (14, 15)), 55])))}
    strikes = {f for f, (_, g) in drawn.items() if any(p.get("class") == "strike" for p in g.iter(f"{SVG}path"))}
    assert 14 in strikes
    assert 15 not in strikes
    assert "awaited" in drawn[15][0]


def test_a_jaw_that_was_not_scanned_is_not_called_missing() -> None:
    drawn = teeth_drawn(tooth_chart(mouth(UPPER, jaws=("upper",))))
    assert {c for f, classes, _ in drawn if f in LOWER for c in classes} == {"tooth", "unseen"}


def test_doubt_and_marks_are_told_by_form_and_words_as_well_as_colour() -> None:
    drawn = {f: g for f, _, g in teeth_drawn(small())}
    doubt, marked = drawn[13], drawn[11]
    assert "?" in [t.text for t in doubt.iter(f"{SVG}text")]
    assert "should look" in (doubt.findtext(f"{SVG}title") or "")
    assert [p for p in marked.iter(f"{SVG}path") if p.get("class") == "sign"]
    assert "wear" in (marked.findtext(f"{SVG}title") or "")


def test_each_tone_has_a_form_of_its_own() -> None:
    marks = {11: Mark("a", "good"), 12: Mark("b", "notice"), 13: Mark("c", "bad"), 14: Mark("d", "new")}
    drawn = teeth_drawn(tooth_chart(mouth(UPPER), marks=marks))
    forms = {
        re.sub(r"[-\d. ]", "", p.get("d", ""))
        for f, _, g in drawn
        if f in marks
        for p in g.iter(f"{SVG}path")
        if p.get("class") == "sign"
    }
    assert len(forms) == 4


def test_figures_stand_with_their_accuracy_and_without_where_there_is_none() -> None:
    text = tooth_chart(mouth((16,), measured=True))
    words = [t.text for t in Xml.fromstring(text).iter(f"{SVG}text")]
    assert "10.3" in words
    assert "± 0.1" in words
    assert "2.8 ± 0.2 mm" in words
    assert "91.4 %" in words
    assert "0.6 ± 0.2 mm right" in words
    assert "(7.3 ± 1.2)°" in words
    assert "Molars right, class II" in words
    plain = tooth_chart(mouth((16,)))
    assert "± 0" not in plain
    assert "no stated accuracy" in plain


def test_a_mouth_without_a_tooth_is_a_chart_too() -> None:
    assert "0 teeth" in tooth_chart(mouth(()))
