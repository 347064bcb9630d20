"""The gingival line: zeniths of the upper front teeth, their levels, their symmetry."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .document import Observation
from .observe import PLACES, Subject, observe
from .seen import Seen


def gingival_line(subject: Subject) -> Iterator[Observation]:
    """Measure where the zeniths lie on their teeth and against each other."""
    for tooth in subject.front():
        if tooth.zenith_mm is not None:
            yield observe(
                "zenith_distal",
                f"zenith of {tooth.fdi} {PLACES[tooth.fdi % 10]} from the tooth's middle",
                zenith_distal_mm(tooth),
                "mm",
                site=str(tooth.fdi % 10),
                teeth=(tooth.fdi,),
                at=tooth.zenith_mm,
                note="positive: distal",
            )
    yield from _levels(subject)
    for position, place in PLACES.items():
        right, left = subject.zenith(10 + position), subject.zenith(20 + position)
        if right is None or left is None:
            continue
        higher = (10 if right[2] > left[2] else 20) + position
        yield observe(
            "gingival_asymmetry",
            f"difference in level between the {place} zeniths",
            float(left[2] - right[2]),
            "mm",
            site=str(position),
            teeth=(10 + position, 20 + position),
            at=subject.teeth[higher].zenith_mm,
            note=f"the gingiva of {higher} lies higher",
        )
    right, left = subject.zenith(13), subject.zenith(23)
    if right is not None and left is not None:
        cant = float(np.degrees(np.arctan2(left[2] - right[2], left[0] - right[0])))
        note = "line of the canine zeniths against the level of the back teeth. Positive: higher on the patient's left"
        at = subject.teeth[23 if cant > 0 else 13].zenith_mm
        yield observe("gingival_cant", "cant of the gingival line", cant, "deg", teeth=(13, 23), at=at, note=note)


def zenith_distal_mm(tooth: Seen) -> float:
    """Return how far the zenith lies distal of the vertical line that halves the tooth's width."""
    if tooth.zenith_mm is None:
        return float("nan")
    mesial = tooth.view.axes[0]
    return float(sum(tooth.extent(mesial)) / 2 - tooth.zenith_mm @ mesial)


def _levels(subject: Subject) -> Iterator[Observation]:
    for side in (10, 20):
        central, lateral, canine = (subject.zenith(side + k) for k in (1, 2, 3))
        if central is None or canine is None:
            continue
        above = subject.teeth[side + 1].zenith_mm
        yield observe(
            "central_gingival_level",
            f"gingiva of {side + 1} below that of {side + 3}",
            float(canine[2] - central[2]),
            "mm",
            teeth=(side + 1, side + 3),
            at=above,
        )
        if lateral is None:
            continue
        share = (lateral[0] - central[0]) / (canine[0] - central[0])
        line = central[2] + share * (canine[2] - central[2])
        yield observe(
            "lateral_gingival_level",
            f"gingiva of {side + 2} below the line of {side + 1} and {side + 3}",
            float(line - lateral[2]),
            "mm",
            teeth=(side + 2,),
            at=subject.teeth[side + 2].zenith_mm,
        )
