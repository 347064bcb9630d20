"""Widths, midline and curves of an arch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oral_architect.anatomy.document import Measure
from oral_architect.teeth import fdi as numbers

from .arch_frame import ArchFrame
from .marks import Marks, side_teeth

Floats = NDArray[np.float64]


def arch_widths(marks: Marks, frame: ArchFrame) -> list[Measure]:
    """Distances between the tips of right and left canines, and between the mesiobuccal cusps of the first molars."""
    found = []
    for name, position in (("intercanine_width", 3), ("intermolar_width", 6)):
        right, left = (marks.edge(t) for t in numbers.arch(frame.jaw) if numbers.position(t) == position)
        if right is not None and left is not None:
            found.append(Measure(name=name, value=float(np.linalg.norm(left - right)), unit="mm", jaw=frame.jaw))
    return found


def midline(marks: Marks, frame: ArchFrame) -> list[Measure]:
    """How far the central incisors' contact lies from the midline of the arch, positive toward the patient's left."""
    point = marks.midline(frame.jaw)
    if point is None:
        return []
    off = float(frame.flat(point)[0]) - frame.median_mm
    return [
        Measure(name="midline_deviation", value=off, unit="mm", jaw=frame.jaw, note="positive: to the patient's left")
    ]


def curve_of_spee(marks: Marks, frame: ArchFrame) -> list[Measure]:
    """Depth of the curve of Spee on each side of the lower arch.

    The greatest distance of a buccal cusp tip below the straight line from the incisal edge of the central incisor to
    the distobuccal cusp of the second molar (the first where the second is missing), measured along the normal of the
    occlusal plane.
    """
    found = []
    for side, left in (("right", False), ("left", True)):
        teeth = {numbers.position(t): t for t in side_teeth(frame.jaw, left=left)}
        start = marks.edge(teeth[1])
        ends = [(k, marks.at(teeth[k], "cusp_tip", "distobuccal")) for k in (7, 6)]
        last, end = next(((k, p) for k, p in ends if p is not None), (0, None))
        cusps = [p for k in range(3, last + 1) if (p := marks.edge(teeth[k])) is not None]
        if start is None or end is None or len(cusps) < 3:
            continue
        a, b, points = frame.flat(start), frame.flat(end), frame.flat(np.array(cusps))
        share = (points[:, :2] - a[:2]) @ (b[:2] - a[:2]) / float((b[:2] - a[:2]) @ (b[:2] - a[:2]))
        below = a[2] + share * (b[2] - a[2]) - points[:, 2]
        note = "" if last == 7 else "to the first molar: the second is missing or has no distobuccal cusp"
        found.append(Measure(name=f"spee_depth_{side}", value=float(below.max()), unit="mm", jaw=frame.jaw, note=note))
    return found


def curve_of_wilson(marks: Marks, frame: ArchFrame) -> list[Measure]:
    """Mean inclination of both first molars against the occlusal plane, in degrees.

    Of the line from mesiolingual to mesiobuccal cusp; positive where the buccal cusps are higher, the curve of Wilson
    hollow upwards.
    """
    leans = []
    for fdi in numbers.arch(frame.jaw):
        if numbers.position(fdi) == 6:
            buccal, lingual = (marks.at(fdi, "cusp_tip", name) for name in ("mesiobuccal", "mesiolingual"))
            if buccal is not None and lingual is not None:
                line = frame.flat(buccal) - frame.flat(lingual)
                leans.append(float(np.degrees(np.arctan2(line[2], np.hypot(line[0], line[1])))))
    if len(leans) < 2:
        return []
    return [Measure(name="wilson_inclination", value=float(np.mean(leans)), unit="deg", jaw=frame.jaw)]
