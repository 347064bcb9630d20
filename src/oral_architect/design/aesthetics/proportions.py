"""Apparent widths from the front and their proportions: golden, recurring (RED), Preston's, golden percentage."""

from __future__ import annotations

from collections.abc import Iterator

from .document import Observation
from .observe import FRONT, PLACES, Subject, observe

_SIDES = ((-1, tuple(range(11, 18))), (1, tuple(range(21, 28))))


def apparent(subject: Subject) -> dict[int, tuple[float, float]]:
    """Return what is visible of each upper tooth from the front, as two places toward the left, mm.

    A tooth reaches from where its mesial neighbour ends (or from its own mesial end, over a gap or the midline) to its
    own farthest place, as a straight view from the front shows it.
    """
    found: dict[int, tuple[float, float]] = {}
    for sign, teeth in _SIDES:
        before = None
        for fdi in teeth:
            if fdi not in subject.teeth:
                before = None
                continue
            left = subject.frame.rows[0]
            shift = float(subject.frame.origin_mm @ left)
            low, high = (sign * (x - shift) for x in subject.teeth[fdi].extent(left))
            near, far = min(low, high), max(low, high)
            near = near if before is None else max(near, before)
            before = max(far, near)
            found[fdi] = (near, before) if sign > 0 else (-before, -near)
    return found


def proportions(subject: Subject) -> Iterator[Observation]:
    """Take the share of each tooth in the width from canine to canine, and each tooth's width to its mesial one's."""
    places = apparent(subject)
    widths = {fdi: high - low for fdi, (low, high) in places.items() if fdi in FRONT}
    whole = sum(widths.values()) if set(FRONT) <= set(widths) else None
    for fdi, wide in widths.items():
        site, tip = str(fdi % 10), subject.teeth[fdi].tip_mm
        name = f"{fdi} {PLACES[fdi % 10]}"
        if whole:
            share = 100 * wide / whole
            words = f"share of {name} in the front from canine to canine"
            yield observe("apparent_share", words, share, "%", site=site, teeth=(fdi,), at=tip)
        mesial = fdi - 1
        if fdi % 10 > 1 and widths.get(mesial, 0.0) > 0:
            words = f"apparent width of {fdi} to {mesial}"
            ratio = wide / widths[mesial]
            yield observe("apparent_ratio", words, ratio, "ratio", site=site, teeth=(fdi, mesial), at=tip)
