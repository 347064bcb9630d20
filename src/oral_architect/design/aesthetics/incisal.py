"""The incisal line: where every edge stands, its slant, its arc, the step between centrals and laterals."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from .document import Observation
from .observe import PLACES, Subject, observe

Floats = NDArray[np.float64]


def incisal_line(subject: Subject) -> Iterator[Observation]:
    """Measure the incisal line against the back teeth's level and the arch's midline."""
    yield from _cant(subject)
    yield from _arc(subject)
    for side in (10, 20):
        central, lateral = side + 1, side + 2
        if {central, lateral} <= set(subject.teeth):
            step = float(subject.tip(lateral)[2] - subject.tip(central)[2])
            yield observe(
                "incisal_step",
                f"incisal step from {central} to {lateral}",
                step,
                "mm",
                teeth=(central, lateral),
                at=subject.teeth[lateral].tip_mm,
                note="positive: the lateral incisor is shorter",
            )
    yield from _asymmetry(subject)
    yield from _positions(subject)


def slope(subject: Subject) -> float | None:
    """Return the slant of the incisal line, radians, positive where the patient's left is higher.

    The straight line nearest to the tips of those front teeth whose namesake is there too; ``None`` without a pair.
    """
    tips = np.array([subject.tip(s.fdi) for k in (1, 2, 3) if (pair := subject.pair(k)) for s in pair])
    if len(tips) == 0:
        return None
    across = tips[:, 0] - tips[:, 0].mean()
    return float(np.arctan2((across * (tips[:, 2] - tips[:, 2].mean())).sum(), (across**2).sum()))


def _cant(subject: Subject) -> Iterator[Observation]:
    turn = slope(subject)
    if turn is None:
        return
    note = "against the level of the back teeth; the face is not in the scan. Positive: higher on the patient's left"
    ends = subject.pair(3) or subject.pair(2) or subject.pair(1)
    higher = None if ends is None else ends[int(turn > 0)].tip_mm
    yield observe("incisal_cant", "cant of the incisal line", float(np.degrees(turn)), "deg", at=higher, note=note)


def _arc(subject: Subject) -> Iterator[Observation]:
    canines, centrals = subject.pair(3), subject.pair(1)
    if canines is None or centrals is None:
        return
    line = np.mean([subject.tip(s.fdi)[2] for s in canines])
    edge = np.mean([subject.tip(s.fdi)[2] for s in centrals])
    at = np.mean([s.tip_mm for s in centrals], axis=0)
    note = "how far the central incisors reach below the line of the canine tips; negative is a reverse arc"
    yield observe("smile_arc_depth", "depth of the smile arc", float(line - edge), "mm", at=at, note=note)


def _asymmetry(subject: Subject) -> Iterator[Observation]:
    for position, place in PLACES.items():
        pair = subject.pair(position)
        if pair is None:
            continue
        right, left = (float(subject.tip(s.fdi)[2]) for s in pair)
        short = pair[int(left > right)]
        yield observe(
            "edge_asymmetry",
            f"difference in level between the {place} edges",
            left - right,
            "mm",
            site=str(position),
            teeth=(pair[0].fdi, pair[1].fdi),
            at=short.tip_mm,
            note=f"{short.fdi} is the shorter",
        )


def _positions(subject: Subject) -> Iterator[Observation]:
    """Level and prominence of each incisor's edge, from the line of the canine tips."""
    canines = subject.pair(3)
    if canines is None:
        return
    right, left = (subject.tip(s.fdi) for s in canines)
    for tooth in subject.front():
        if tooth.fdi % 10 == 3:
            continue
        tip = subject.tip(tooth.fdi)
        share = (tip[0] - right[0]) / (left[0] - right[0])
        base = right + share * (left - right)
        teeth, name = (tooth.fdi,), f"edge of {tooth.fdi} {PLACES[tooth.fdi % 10]}"
        yield observe(
            "edge_level", f"{name} below the canine line", float(base[2] - tip[2]), "mm", teeth=teeth, at=tooth.tip_mm
        )
        yield observe(
            "edge_prominence",
            f"{name} in front of the canine line",
            float(base[1] - tip[1]),
            "mm",
            teeth=teeth,
            at=tooth.tip_mm,
        )
