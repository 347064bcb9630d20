"""What a bite is called: class by cusps, overbite, open and edge-to-edge bite, crossbite."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry import Points
from oral_architect.teeth import fdi as numbers

from .opposing import Floats

Labels = NDArray[np.integer[Any]]

_SIDES = {"left": (3, 2), "right": (4, 1)}  # lower and upper quadrant
_PREMOLARS = (4, 5)


def class_words(sagittal_mm: float, lower: dict[int, Floats]) -> str:
    """Name how far the lower arch lies behind or in front of class I, in half cusps.

    Parameters
    ----------
    sagittal_mm
        Behind class I; negative in front.
    lower
        Middle of each lower tooth, ``(3,) mm``. A cusp is the distance of neighbouring premolars, as far as from one
        embrasure to the next.
    """
    pairs = [(quadrant * 10 + 4, quadrant * 10 + 5) for quadrant in (3, 4)]
    apart = [float(np.linalg.norm((lower[a] - lower[b])[:2])) for a, b in pairs if a in lower and b in lower]
    if not apart:
        return ""
    halves = round(2 * sagittal_mm / float(np.mean(apart)))
    if halves == 0:
        return "class I"
    amount = {1: "half a cusp", 2: "a full cusp"}.get(abs(halves), "more than a cusp")
    return f"class {'II' if halves > 0 else 'III'} by {amount}"


def front_words(overbite_mm: float) -> str:
    """Name the front by its overbite, mm: open, edge to edge (no overbite to the next mm), or nothing to say."""
    if overbite_mm < 0:
        return "open bite in front"
    return "edge to edge in front" if round(overbite_mm) == 0 else ""


def crossed(lower: dict[int, Floats], upper: dict[int, Floats]) -> tuple[int, ...]:
    """Return the lower premolars and molars that lie outside their upper namesakes, in bite.

    Parameters
    ----------
    lower, upper
        Place of each tooth's outermost cusp, ``(3,) mm``, in bite; x to the patient's left.
    """
    result = []
    for below, above in _SIDES.values():
        for fdi in (t for t in lower if t // 10 == below and numbers.position(t) >= _PREMOLARS[0]):
            partner = above * 10 + numbers.position(fdi)
            if partner in upper and abs(lower[fdi][0]) > abs(upper[partner][0]):
                result.append(fdi)
    return tuple(sorted(result))


def outermost(points: Points, labels: Labels) -> dict[int, Floats]:
    """Return the outermost place of each tooth: the mean of the outer twentieth of its vertices, ``(3,) mm``."""
    result = {}
    for fdi in (int(t) for t in np.unique(labels) if t > 0):
        own = points[labels == fdi]
        out = np.abs(own[:, 0])
        result[fdi] = np.asarray(own[out >= np.quantile(out, 0.95)].mean(axis=0))
    return result
