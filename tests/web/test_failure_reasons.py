"""The failure gallery says why an arch is wrong, and says nothing that is not so."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from benchmarks.anatomy.reasons import explain

from oral_architect.teeth.fdi import LOWER, UPPER

SIZE = 100
FULL = tuple(f for f in UPPER if f % 10 < 8)


def arch(teeth: tuple[int, ...], sizes: dict[int, int] | None = None, gingiva: int = 600) -> np.ndarray:
    """Labels of an arch: so many vertices a tooth, then the gingiva."""
    return np.concatenate([np.full((sizes or {}).get(f, SIZE), f) for f in teeth] + [np.zeros(gingiva, int)])


def renamed(truth: np.ndarray, to: dict[int, int]) -> np.ndarray:
    told = truth.copy()
    for number, other in to.items():
        told[truth == number] = other
    return told


def test_a_right_arch_is_called_right() -> None:
    assert explain(arch(FULL), arch(FULL), "upper").line == "Every vertex is right."


def test_a_missing_tooth_that_was_not_counted_shifts_the_numbers_behind_it() -> None:
    truth = arch(tuple(f for f in FULL if f != 14))
    told = renamed(truth, {15: 14, 16: 15, 17: 16})
    line = explain(truth, told, "upper").line
    assert line == "Numbers shifted by one from 15 on: 15–17 called 14–16 (missing 14 not counted as a gap)."


def test_a_gap_that_is_not_there_shifts_them_the_other_way() -> None:
    truth = arch(tuple(f for f in FULL if f not in (26, 27)))
    line = explain(truth, renamed(truth, {24: 25, 25: 26}), "upper").line
    assert line == "24 and 25 called 25 and 26 (as if 24 were missing)."


def test_a_truth_that_calls_a_molar_a_premolar_is_doubted() -> None:
    truth = arch((11, 12, 13, 14, 15, 16), {15: 190, 16: 200})
    line = explain(truth, renamed(truth, {15: 16, 16: 17}), "upper").line
    assert "what the truth calls 15 is as large as a molar" in line


def test_a_run_with_a_tooth_between_is_listed_not_spanned() -> None:
    truth = arch(FULL)
    told = renamed(truth, {24: 25, 25: 0, 26: 27, 27: 28})
    assert explain(truth, told, "upper").line.startswith("24, 26 and 27 called 25, 27 and 28")


@pytest.mark.parametrize(
    ("true", "called", "words"),
    [
        (18, 17, "third molar 18 called second, 17"),
        (17, 18, "second molar 17 called third, 18"),
        (53, 13, "milk tooth 53 called 13"),
        (19, 12, "supernumerary tooth 19 called 12"),
        (14, 24, "14 called 24"),
    ],
)
def test_single_wrong_numbers_are_named(true: int, called: int, words: str) -> None:
    truth = arch((11, 21, true))
    assert words.lower() in explain(truth, renamed(truth, {true: called}), "upper").line.lower()


def test_the_wrong_jaw_is_one_reason_not_fourteen() -> None:
    truth = arch(FULL)
    told = renamed(truth, {f: (50 - f // 10 * 10) + f % 10 for f in FULL})
    assert set(told.tolist()) <= {0, *LOWER}
    assert explain(truth, told, "upper").line == "The upper arch was read as lower."


def test_swapped_sides_are_one_reason() -> None:
    truth = arch(FULL)
    told = renamed(truth, {f: f + 10 if f < 20 else f - 10 for f in FULL})
    assert explain(truth, told, "upper").line == "Left and right were swapped."


def test_split_merged_unseen_and_invented_teeth_are_told_apart() -> None:
    truth = arch(FULL)
    split = truth.copy()
    split[np.flatnonzero(truth == 16)[:35]] = 15
    assert explain(truth, split, "upper").kinds == ("split",)
    merged = renamed(truth, {22: 21})
    assert explain(truth, merged, "upper").line == "21 and 22 taken for one tooth, 21."
    unseen = renamed(truth, {27: 0})
    assert explain(truth, unseen, "upper").line == "27 not seen: taken for gingiva."
    invented = truth.copy()
    invented[np.flatnonzero(truth == 0)[:90]] = 28
    assert explain(truth, invented, "upper").line == "Gingiva called a tooth, 28."


def test_a_small_unseen_tooth_is_called_small() -> None:
    truth = arch((*FULL, 28), {28: 20})
    assert "28, of 20% the size of the others, not seen" in explain(truth, renamed(truth, {28: 0}), "upper").line


def test_frayed_boundaries_are_told_with_how_far_they_are_off() -> None:
    truth = arch(FULL)
    told = truth.copy()
    for fdi in FULL:
        told[np.flatnonzero(truth == fdi)[:8]] = 0
    assert explain(truth, told, "upper", 0.31).line == "Boundaries deviate by 0.3 mm in the mean."


@given(data=st.data())
def test_any_labels_get_a_line_and_reasons_never_explain_more_than_all(data: st.DataObject) -> None:
    numbers = st.sampled_from((0, *UPPER, *LOWER, 19, 53, 85))
    truth = np.array(data.draw(st.lists(st.sampled_from((0, *UPPER)), min_size=1, max_size=60)))
    told = np.array(data.draw(st.lists(numbers, min_size=len(truth), max_size=len(truth))))
    verdict = explain(truth, told, "upper")
    assert verdict.line.endswith(".")
    assert 0 <= verdict.explained <= 1
    assert len(verdict.reasons) <= 4
