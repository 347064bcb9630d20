"""Confidence is a frequency: it rises with sureness, stays within 0 and 1, and comes from counted teeth."""

from __future__ import annotations

import csv
from importlib.resources import files

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from oral_architect.anatomy.reading.confidence import CURVE, calibrated


@given(st.floats(0, 1), st.floats(0, 1))
def test_surer_is_never_less_confident(a: float, b: float) -> None:
    low, high = sorted((a, b))
    assert 0 <= calibrated(low) <= calibrated(high) <= 1


def test_the_curve_says_how_many_teeth_stand_behind_it_and_how_they_were_counted() -> None:
    with (files("oral_architect.anatomy") / "data" / CURVE).open(encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    counted = [row for row in rows if int(row["teeth"]) > 0]
    assert sum(int(row["teeth"]) for row in counted) > 500
    assert all(row["source"].startswith("python scripts/calibrate_confidence.py") for row in counted)
    sure = [float(row["sureness"]) for row in rows]
    assert sure == sorted(sure)
    assert np.isclose(sure[0], 0)
