"""Closed lines in space: even steps, smoothing, gaps bridged, sense of turning."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from oral_architect.geometry import Mask, Points

Floats = NDArray[np.float64]


def lengths_mm(ring: Points) -> Floats:
    """Distance of each point to the next, ``(k,) mm``."""
    return np.asarray(np.linalg.norm(np.roll(ring, -1, axis=0) - ring, axis=1))


def resampled(ring: Points, step_mm: float, *values: Floats) -> tuple[Points, list[Floats]]:
    """Place points at even steps not longer than ``step_mm`` along a closed line; carry values along.

    Returns
    -------
    (k, 3) float, mm and a list of (k,) float
    """
    step = lengths_mm(ring)
    at = np.concatenate([[0.0], np.cumsum(step)])
    count = max(8, int(np.ceil(at[-1] / step_mm)))
    wanted = np.arange(count) / count * at[-1]
    closed = np.concatenate([ring, ring[:1]])
    points = np.column_stack([np.interp(wanted, at, closed[:, k]) for k in range(3)])
    carried = [np.interp(wanted, at, np.concatenate([v, v[:1]]).astype(np.float64)) for v in values]
    return points, carried


def smoothed(ring: Points, sigma: float) -> Points:
    """Gaussian smoothing around a closed line; ``sigma`` in points."""
    return np.asarray(gaussian_filter1d(ring, sigma, axis=0, mode="wrap"))


def smoothed_where_known(values: Floats, weight: Floats, sigma: float) -> Floats:
    """Weighted Gaussian mean around a ring, ``(k,)`` or ``(k, d)``; ``sigma`` in points."""
    spread = values * (weight if values.ndim == 1 else weight[:, None])
    above = gaussian_filter1d(spread, sigma, axis=0, mode="wrap")
    below = gaussian_filter1d(weight, sigma, mode="wrap")
    below = np.maximum(below, 1e-9)
    return np.asarray(above / (below if values.ndim == 1 else below[:, None]))


def tangents(ring: Points) -> Floats:
    """Unit direction at each point, ``(k, 3)``."""
    along = np.roll(ring, -1, axis=0) - np.roll(ring, 1, axis=0)
    return np.asarray(along / np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-12))


def runs(mask: Mask) -> list[NDArray[np.int64]]:
    """Index runs of a cyclic mask; none when it is empty, one when it is full."""
    n = len(mask)
    if mask.all():
        return [np.arange(n)]
    if not mask.any():
        return []
    first = int(np.flatnonzero(mask & ~np.roll(mask, 1))[0])
    order = (np.arange(n) + first) % n
    cuts = np.flatnonzero(np.diff(mask[order].astype(np.int8))) + 1
    return [part for part in np.split(order, cuts) if mask[part[0]]]


def bridged(ring: Points, known: Mask, look: int) -> Points:
    """Replace unknown stretches by cubic curves that go on in the direction of the known line at both ends.

    Parameters
    ----------
    ring
        ``(k, 3) mm``.
    known
        ``(k,) bool``.
    look
        Over how many known points the direction at an end is measured.
    """
    if known.all() or known.sum() < 4:
        return ring
    n, result = len(ring), ring.copy()
    for run in runs(~known):
        before, after = int(run[0] - 1) % n, int(run[-1] + 1) % n
        chord = float(np.linalg.norm(ring[after] - ring[before]))
        leave, arrive = _end(ring, known, before, -1, look), -_end(ring, known, after, 1, look)
        t = ((np.arange(len(run)) + 1) / (len(run) + 1))[:, None]
        result[run] = (
            (2 * t**3 - 3 * t**2 + 1) * ring[before]
            + (t**3 - 2 * t**2 + t) * chord * leave
            + (-2 * t**3 + 3 * t**2) * ring[after]
            + (t**3 - t**2) * chord * arrive
        )
    return result


def _end(ring: Points, known: Mask, end: int, step: int, look: int) -> Floats:
    """Unit direction in which the known line runs out at ``end``; ``step`` leads back into it."""
    reach = 0
    while reach < look and known[(end + step * (reach + 1)) % len(ring)]:
        reach += 1
    out = ring[end] - ring[(end + step * max(reach, 1)) % len(ring)]
    return np.asarray(out / max(float(np.linalg.norm(out)), 1e-12))


def counter_clockwise(ring: Points, up: Floats) -> bool:
    """Whether a closed line turns counter-clockwise for someone who looks against ``up``."""
    middle = ring.mean(axis=0)
    area = np.cross(ring - middle, np.roll(ring, -1, axis=0) - middle).sum(axis=0)
    return bool(area @ up > 0)
