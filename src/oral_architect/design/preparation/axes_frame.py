"""A frame of reference around an upright direction."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def upright_frame(up: Floats) -> tuple[Floats, Floats]:
    """Two unit directions that make a right-handed frame with ``up`` as the third."""
    seed = np.array([1.0, 0, 0]) if abs(up[0]) < 0.8 else np.array([0, 1.0, 0])
    first = np.cross(seed, up)
    first /= np.linalg.norm(first)
    return first, np.cross(up, first)


def leaning(up: Floats, tilt_deg: float, step_deg: float) -> Floats:
    """Directions within ``tilt_deg`` of ``up``, about ``step_deg`` apart, ``(n, 3)`` unit vectors, ``up`` first."""
    first, second = upright_frame(up)
    found = [up]
    for ring in range(1, max(1, round(tilt_deg / step_deg)) + 1):
        tilt = np.deg2rad(ring * step_deg)
        count = 6 * ring
        for turn in np.arange(count) / count * 2 * np.pi:
            across = np.cos(turn) * first + np.sin(turn) * second
            found.append(np.cos(tilt) * up + np.sin(tilt) * across)
    return np.array(found)
