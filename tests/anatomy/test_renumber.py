"""Once a person says which tooth one is, those beside it get their numbers, and everything is kept under them."""

from __future__ import annotations

import numpy as np
from tests.findings.mouth import TEETH, build

from oral_architect.anatomy.document import Landscape
from oral_architect.anatomy.renumber import numbers_beside, renumbered
from oral_architect.teeth.fdi import arch

UPPER = arch("upper")
TRUE = [fdi for fdi in TEETH if fdi < 30]


def mouth(teeth: tuple[int, ...] = TEETH) -> Landscape:
    made, _ = build(teeth=teeth)
    labels = np.array([0, *(t.fdi for t in made.teeth if t.fdi < 30)], dtype=np.int16)
    return made.model_copy(update={"arrays": {**made.arrays, "labels_upper": labels}})


def one_off(true: Landscape) -> tuple[Landscape, dict[int, int]]:
    """Every upper tooth numbered as the one to its left."""
    wrong = {fdi: UPPER[UPPER.index(fdi) + 1] for fdi in (t.fdi for t in true.teeth) if fdi < 30}
    return renumbered(true, "upper", wrong), wrong


def test_a_row_that_is_numbered_one_off_comes_right_from_one_tooth() -> None:
    true = mouth()
    read, wrong = one_off(true)
    back = renumbered(read, "upper", numbers_beside(read, wrong[14], 14))
    assert sorted(t.fdi for t in back.teeth) == sorted(t.fdi for t in true.teeth)
    np.testing.assert_array_equal(back.arrays["labels_upper"], true.arrays["labels_upper"])
    for fdi in TRUE:
        np.testing.assert_array_equal(back.crown(fdi).vertices, true.crown(fdi).vertices)
        np.testing.assert_array_equal(back.arrays[f"margin_{fdi}"], true.arrays[f"margin_{fdi}"])


def test_a_gap_stays_a_gap() -> None:
    read, wrong = one_off(mouth(tuple(fdi for fdi in TEETH if fdi != 15)))
    numbers = numbers_beside(read, wrong[13], 13)
    assert {wrong[fdi]: fdi for fdi in TRUE if fdi != 15} == numbers


def test_a_right_number_changes_nothing_beside_it() -> None:
    true = mouth(tuple(fdi for fdi in TEETH if fdi != 24))
    assert numbers_beside(true, 21, 21) == {fdi: fdi for fdi in TRUE if fdi != 24}


def test_the_other_jaw_keeps_its_numbers() -> None:
    read, _ = one_off(mouth())
    assert {t.fdi for t in read.teeth if t.fdi > 30} == {fdi for fdi in TEETH if fdi > 30}
