"""Which tooth stands where in a tooth chart, in the permanent and the deciduous rows, and what is known of it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from oral_architect.anatomy.document import Arch, Landscape, Tooth
from oral_architect.teeth.fdi import Jaw, is_left, jaw_of

from .tooth_shapes import SUPERNUMERARY

Look = Literal["present", "doubtful", "missing", "awaited", "unseen"]
"""Missing: struck out. Awaited: its milk tooth still stands in its place. Unseen: a third molar that is not there, or a
jaw that was not scanned."""


@dataclass(frozen=True)
class Slot:
    """One place of a row."""

    fdi: int
    look: Look
    tooth: Tooth | None
    centre: float
    """From the midline in column widths, negative on the patient's right."""
    width: float
    """1 unless the quadrant had to make room for a supernumerary tooth."""


@dataclass(frozen=True)
class Row:
    """One row of the chart."""

    jaw: Jaw
    deciduous: bool
    slots: tuple[Slot, ...]


def rows_of(landscape: Landscape, sure_from: float) -> tuple[Row, ...]:
    """Return the rows from top to bottom; deciduous rows only where there are such teeth.

    Parameters
    ----------
    landscape
        The mouth; a jaw that was not scanned has its row too.
    sure_from
        A tooth whose confidence is lower is doubtful.
    """
    jaws: tuple[Jaw, ...] = ("upper", "lower")
    rows: list[Row] = []
    for jaw in jaws:
        mine = [t for t in landscape.teeth if jaw_of(t.fdi) == jaw]
        arch = next((a for a in landscape.arches if a.jaw == jaw), None)
        permanent = Row(jaw, False, _permanent(jaw, mine, arch, sure_from))
        milk = [t for t in mine if t.fdi // 10 >= 5 and t.fdi % 10 != SUPERNUMERARY]
        deciduous = [Row(jaw, True, _deciduous(jaw, milk, sure_from))] if milk else []
        rows += [permanent, *deciduous] if jaw == "upper" else [*deciduous, permanent]
    return tuple(rows)


def _permanent(jaw: Jaw, teeth: list[Tooth], arch: Arch | None, sure_from: float) -> tuple[Slot, ...]:
    found = {t.fdi: t for t in teeth}
    slots: list[Slot] = []
    for quadrant in (1, 2) if jaw == "upper" else (4, 3):
        side = 1 if is_left(quadrant * 10 + 1) else -1
        # a tooth beyond those of the row keeps its own number and stands where the scan shows it
        extra = [t for t in teeth if t.fdi % 10 == SUPERNUMERARY and is_left(t.fdi) == (side > 0)]
        places: list[tuple[float, int, Tooth | None]] = [
            (float(k), quadrant * 10 + k, found.get(quadrant * 10 + k)) for k in range(1, 9)
        ]
        places += [(_place_in_row(t, teeth), t.fdi, t) for t in extra]
        places.sort(key=lambda p: p[0])
        width = 8 / len(places)
        for i, (_, fdi, tooth) in enumerate(places):
            look = _look(tooth, sure_from) if tooth else _absent(fdi, found, arch)
            slots.append(Slot(fdi, look, tooth, side * (i + 0.5) * width, width))
    return tuple(sorted(slots, key=lambda s: s.centre))


def _deciduous(jaw: Jaw, teeth: list[Tooth], sure_from: float) -> tuple[Slot, ...]:
    """Only the milk teeth that are there: one that is gone is not missed."""
    slots = []
    for tooth in teeth:
        side = 1 if is_left(tooth.fdi) else -1
        slots.append(Slot(tooth.fdi, _look(tooth, sure_from), tooth, side * (tooth.fdi % 10 - 0.5), 1.0))
    return tuple(sorted(slots, key=lambda s: s.centre))


def _look(tooth: Tooth, sure_from: float) -> Look:
    return "present" if tooth.confidence >= sure_from else "doubtful"


def _absent(fdi: int, found: dict[int, Tooth], arch: Arch | None) -> Look:
    if fdi % 10 <= 5 and fdi + 40 in found:
        return "awaited"
    return "missing" if arch is not None and fdi in arch.missing else "unseen"


def _place_in_row(tooth: Tooth, teeth: list[Tooth]) -> float:
    """Where a supernumerary tooth stands, counted in positions from the midline: 3.4 is between canine and premolar."""
    side = is_left(tooth.fdi)
    known: dict[float, NDArray[np.float64]] = {}
    for other in teeth:
        k = other.fdi % 10
        if k == SUPERNUMERARY:
            continue
        # the other central incisor stands at place 0: so a mesiodens comes before the first tooth
        place = float(k) if is_left(other.fdi) == side else 1.0 - k
        if place >= 0:
            known.setdefault(place, np.array(other.centroid_mm))
    places = sorted(known)
    if len(places) < 2:
        return SUPERNUMERARY - 0.5
    at = np.array(tooth.centroid_mm)
    best, nearest = 0.0, np.inf
    for i, (a, b) in enumerate(pairwise(places)):
        along = known[b] - known[a]
        share = float((at - known[a]) @ along / max(float(along @ along), 1e-9))
        # before the first and behind the last tooth the row goes on straight
        low, high = (-np.inf if i == 0 else 0.0), (np.inf if i == len(places) - 2 else 1.0)
        share = min(max(share, low), high)
        distance = float(np.linalg.norm(known[a] + share * along - at))
        if distance < nearest:
            best, nearest = a + share * (b - a), distance
    return min(max(best, 0.25), SUPERNUMERARY - 0.25)
