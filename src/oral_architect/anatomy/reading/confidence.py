"""How often a tooth's number is right, given how sure the numbering is: a curve measured on phantoms."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

CURVE = "confidence.csv"
LOW_CONFIDENCE = 0.9
"""A tooth whose number is right less often than this is pointed out for a person to look at: of ten such teeth, one or
more is wrong. A choice of this program."""


def calibrated(sureness: float) -> float:
    """Return the share of teeth numbered with this sureness that were found with the right number, 0 to 1.

    Parameters
    ----------
    sureness
        ``ToothGroup.confidence``, 0 to 1.
    """
    sure, right = _curve()
    return float(np.interp(sureness, sure, right))


@cache
def _curve() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    with (files("oral_architect.anatomy") / "data" / CURVE).open(encoding="utf-8") as handle:
        rows = [(float(row["sureness"]), float(row["right"])) for row in csv.DictReader(handle)]
    sure, right = np.array(rows).T
    return sure, right
