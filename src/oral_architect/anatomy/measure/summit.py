"""The highest point of a cusp, or the lowest of a fossa, on a noisy surface near where one is expected."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry import Points

Floats = NDArray[np.float64]

REACH_MM = 1.5
"""How far from the expected place a summit is looked for."""
_CLEAR_MM = 0.6  # a summit is higher than everything within this distance
_FIT_MM = 0.7  # the surface this near shapes the paraboloid
_LEAST_POINTS = 8
_LONGEST_STEP_MM = 0.4
_DISTANCE_COST = 0.3  # a summit twice as far must be this much higher, mm per mm


def summit(vertices: Points, expected: Floats, toward: Floats) -> Floats | None:
    """Find the summit nearest to the expected place.

    Candidates are vertices higher than all others within 0.6 mm; the winner is moved to the top of a paraboloid
    through its surroundings, which takes the noise and the vertex spacing out.

    Parameters
    ----------
    vertices
        ``(n, 3) float, mm``: the surface.
    expected
        ``(3,) float, mm``.
    toward
        ``(3,)`` unit: up.

    Returns
    -------
    (3,) float, mm, or None
        ``None`` when the surface rises beyond the reach without a summit, or there is none.
    """
    away = np.linalg.norm(vertices - expected, axis=1)
    around = vertices[away < REACH_MM + _CLEAR_MM]
    away = away[away < REACH_MM + _CLEAR_MM]
    if len(around) < _LEAST_POINTS:
        return None
    height = (around - expected) @ toward
    for i in np.argsort(_DISTANCE_COST * away - height, kind="stable"):
        near = np.linalg.norm(around - around[i], axis=1) < _CLEAR_MM
        if away[i] <= REACH_MM and height[i] >= height[near].max():
            return _topped(around, around[i], toward)
    return None


def _topped(points: Points, top: Floats, toward: Floats) -> Floats:
    """Move a summit to the top of the paraboloid through the points around it."""
    across = _across(toward)
    near = points[np.linalg.norm(points - top, axis=1) < _FIT_MM] - top
    if len(near) < _LEAST_POINTS:
        return top
    u, v = near @ across.T[:, 0], near @ across.T[:, 1]
    terms = np.stack([np.ones_like(u), u, v, u * u, u * v, v * v], axis=1)
    c, *_ = np.linalg.lstsq(terms, near @ toward, rcond=None)
    bend = np.array([[2 * c[3], c[4]], [c[4], 2 * c[5]]])
    if np.linalg.eigvalsh(bend).max() >= -1e-3:
        return top
    step = np.linalg.solve(bend, -c[1:3])
    length = float(np.linalg.norm(step))
    step *= min(1.0, _LONGEST_STEP_MM / max(length, 1e-12))
    rise = float(np.array([1, step[0], step[1], step[0] ** 2, step[0] * step[1], step[1] ** 2]) @ c)
    return np.asarray(top + step @ across + rise * toward)


def _across(toward: Floats) -> Floats:
    """``(2, 3)`` unit rows across a direction."""
    first = np.cross(toward, [0.0, 1.0, 0.0])
    first /= np.linalg.norm(first)
    return np.stack([first, np.cross(toward, first)])
