"""The arch curve and the space along it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oral_architect.anatomy.document import Measure
from oral_architect.geometry import Points
from oral_architect.teeth import fdi as numbers
from oral_architect.teeth.fdi import Jaw

from .arch_frame import ArchFrame
from .marks import Marks, centrals, side_teeth

Floats = NDArray[np.float64]

_DEGREE = 5
_CONTACT_DEGREE = 4  # stiffer, so that teeth out of line do not bend the line they ought to stand on
_LEAST_POINTS = 7
_SAMPLES = 121


def arch_curve(marks: Marks, jaw: Jaw) -> Points | None:
    """Smooth arch through incisal midpoints, canine tips and buccal cusps.

    A polynomial of the fifth degree in chord length, least squares.

    Returns
    -------
    (121, 3) float, mm, or None
        From the patient's right to left; ``None`` with fewer than seven points.
    """
    points = []
    for fdi in numbers.arch(jaw):
        if numbers.position(fdi) >= 6:
            pair = [marks.at(fdi, "cusp_tip", name) for name in ("distobuccal", "mesiobuccal")]
            pair = pair[::-1] if numbers.is_left(fdi) else pair
            points += [p for p in pair if p is not None]
        elif (edge := marks.edge(fdi)) is not None:
            points.append(edge)
    return _smooth(np.array(points), _DEGREE) if len(points) >= _LEAST_POINTS else None


def space(marks: Marks, frame: ArchFrame) -> list[Measure]:
    """Arch length and the space for the teeth in it, per segment and in all.

    Available is the length, in the occlusal plane, of the smooth line through the contact points (as a wire laid over
    them) from the mesial contact of one first molar to the other's; required is the sum of the mesiodistal widths of
    the incisors, canines and premolars. Available less required is the arch length discrepancy: negative is crowding.
    A missing tooth counts with the width of its namesake.
    """
    jaw = frame.jaw
    line = _contact_line(marks, frame)
    if line is None:
        return []
    sides = {left: _bounds(marks, jaw, left=left) for left in (False, True)}
    found, total, length = [], 0.0, 0.0
    spans = (
        ("posterior_right", sides[False][1], sides[False][0], [4, 5], (False,)),
        ("anterior", sides[False][0], sides[True][0], [1, 2, 3], (False, True)),
        ("posterior_left", sides[True][0], sides[True][1], [4, 5], (True,)),
    )
    for name, start, end, positions, which in spans:
        teeth = [t for left in which for t in side_teeth(jaw, left=left) if numbers.position(t) in positions]
        required = [marks.widths_md.get(t, marks.widths_md.get(numbers.mirror(t))) for t in teeth]
        if start is None or end is None or any(w is None for w in required):
            continue
        available = _between(line, frame.flat(start)[:2], frame.flat(end)[:2])
        gap = available - sum(w for w in required if w is not None)
        gone = [t for t in teeth if t not in marks.widths_md]
        note = f"with room for the missing {', '.join(map(str, gone))}" if gone else ""
        found.append(Measure(name=f"space_{name}", value=gap, unit="mm", jaw=jaw, note=note))
        total, length = total + gap, length + available
    if len(found) == 3:
        found.append(Measure(name="space_total", value=total, unit="mm", jaw=jaw))
        found.append(Measure(name="arch_length", value=length, unit="mm", jaw=jaw))
    return found


def _bounds(marks: Marks, jaw: Jaw, *, left: bool) -> tuple[Floats | None, Floats | None]:
    """Where the anterior segment ends and where the first molar begins."""
    teeth = {numbers.position(t): t for t in side_teeth(jaw, left=left)}
    front = _mean(marks.contact(teeth[3], "distal"), marks.contact(teeth[4], "mesial"))
    back = marks.contact(teeth[6], "mesial")
    return front, back if back is not None else marks.contact(teeth[5], "distal")


def _mean(a: Floats | None, b: Floats | None) -> Floats | None:
    both = [p for p in (a, b) if p is not None]
    return np.asarray(np.mean(both, axis=0)) if both else None


def _contact_line(marks: Marks, frame: ArchFrame) -> Floats | None:
    """``(k, 2) mm`` in the occlusal plane, from the patient's right to left."""
    jaw, points = frame.jaw, []
    for left in (False, True):
        own = []
        for fdi in side_teeth(jaw, left=left):
            own += [marks.contact(fdi, "mesial"), marks.contact(fdi, "distal")]
        points += own if left else own[::-1]
    flat = [frame.flat(p) * (1, 1, 0) for p in points if p is not None]
    if len(flat) < _LEAST_POINTS or all(marks.contact(t, "mesial") is None for t in centrals(jaw)):
        return None
    return _smooth(np.array(flat), _CONTACT_DEGREE)[:, :2]


def _smooth(points: Points, degree: int) -> Points:
    run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    at = 2 * run / max(float(run[-1]), 1e-9) - 1
    weights, *_ = np.linalg.lstsq(np.polynomial.chebyshev.chebvander(at, degree), points, rcond=None)
    return np.asarray(np.polynomial.chebyshev.chebvander(np.linspace(-1, 1, _SAMPLES), degree) @ weights)


def _between(line: Floats, start: Floats, end: Floats) -> float:
    """Length of a line between the places nearest to two points, mm."""
    run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    fine = np.linspace(0, run[-1], 4001)
    dense = np.stack([np.interp(fine, run, line[:, k]) for k in range(2)], axis=1)
    a, b = (fine[np.linalg.norm(dense - p, axis=1).argmin()] for p in (start, end))
    return float(abs(b - a))
