"""The dental midline: where it lies, how it leans, and the gap between the central incisors."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .document import Observation
from .observe import Subject, observe
from .proportions import apparent


def dental_midline(subject: Subject) -> Iterator[Observation]:
    """Measure the midline between the central incisors against the midline of the arch itself."""
    pair = subject.pair(1)
    if pair is None:
        return
    right, left = pair
    places = apparent(subject)
    ends = places[11][1], places[21][0]
    middle = sum(ends) / 2
    at = np.asarray((right.tip_mm + left.tip_mm) / 2)
    note = "against the arch's own midline; the face is not in the scan. Positive: to the patient's left"
    yield observe(
        "midline_deviation", "deviation of the dental midline", middle, "mm", teeth=(11, 21), at=at, note=note
    )
    axes = [subject.frame.rows @ s.view.axes[2] for s in pair]
    leaning = np.mean(axes, axis=0)
    angle = float(np.degrees(np.arctan2(leaning[0], -leaning[2])))
    note = "mean long axis of both central incisors from the front. Positive: edges toward the patient's left"
    yield observe("midline_angulation", "lean of the dental midline", angle, "deg", teeth=(11, 21), at=at, note=note)
    gap = max(0.0, ends[1] - ends[0])
    note = "from the scanned surfaces; the contact itself is out of a scanner's sight"
    yield observe("diastema", "gap between the central incisors", gap, "mm", teeth=(11, 21), at=at, note=note)
