"""One observation put together: the number, the figures it is held against, how sure it is, where to look."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from oral_architect.case import vector
from oral_architect.reference import Row

from .document import Observation
from .frame import SmileFrame
from .norms import judge, norms
from .seen import Seen

Floats = NDArray[np.float64]
FRONT = (13, 12, 11, 21, 22, 23)
"""Upper incisors and canines from the patient's right to left."""
PLACES = {1: "central incisor", 2: "lateral incisor", 3: "canine"}


class Subject:
    """What is measured: teeth in a smile frame."""

    def __init__(self, teeth: Mapping[int, Seen], frame: SmileFrame) -> None:
        self.teeth = teeth
        self.frame = frame

    def front(self) -> list[Seen]:
        """The upper incisors and canines that are there, from the patient's right to left."""
        return [self.teeth[f] for f in FRONT if f in self.teeth]

    def pair(self, position: int) -> tuple[Seen, Seen] | None:
        """Right and left namesake, ``None`` where one is missing."""
        right, left = 10 + position, 20 + position
        return (self.teeth[right], self.teeth[left]) if {right, left} <= set(self.teeth) else None

    def tip(self, fdi: int) -> Floats:
        """Incisal midpoint or tip in the smile frame, ``(3,) mm``."""
        return self.frame.local(self.teeth[fdi].tip_mm)

    def zenith(self, fdi: int) -> Floats | None:
        """Zenith in the smile frame, ``(3,) mm``, ``None`` where it is out of sight."""
        if fdi not in self.teeth or (at := self.teeth[fdi].zenith_mm) is None:
            return None
        return self.frame.local(at)


def observe(
    name: str,
    words: str,
    value: float | None,
    unit: str,
    *,
    site: str = "",
    teeth: tuple[int, ...] = (),
    at: Floats | None = None,
    note: str = "",
) -> Observation:
    """Hold a value against every published figure for it.

    Parameters
    ----------
    name
        As in ``norms.csv`` and ``accuracy.csv``.
    words
        What it is, for a person.
    value
        In ``unit``; ``None`` where it could not be taken, ``note`` then says why.
    site
        Place counted from the midline where figures differ by tooth.
    teeth
        FDI numbers it is about.
    at
        Where to look, patient frame, ``(3,) mm``.
    """
    known = norms(name, site)
    verdict, judged = judge(value, known)
    shown = judged or (known[0] if known else None)
    limit = None
    if judged is not None and value is not None:
        limit = judged.low if judged.rule == "within" and judged.low is not None and value < judged.low else judged.high
    return Observation(
        name=name,
        words=words,
        value=None if value is None else float(value),
        unit=unit,
        teeth=teeth,
        uncertainty=accuracy(name),
        norms=known,
        verdict=verdict,
        limit=limit,
        source=shown.source if shown else "none published",
        standing=shown.standing if shown else "none",
        at=None if at is None else vector(at),
        note=note,
    )


def accuracy(name: str) -> float | None:
    """Return the median absolute error of a measure on phantoms; ``None`` where it was not measured."""
    row = _accuracies().get(name)
    return None if row is None else row.number("median_error")


@cache
def _accuracies() -> dict[str, Row]:
    text = (files(__package__) / "accuracy.csv").read_text(encoding="utf-8")
    return {c["measure"]: Row("design/aesthetics/accuracy", c) for c in csv.DictReader(text.splitlines())}
