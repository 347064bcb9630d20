"""A finish line as a closed polyline that can be asked: how far, where along it, how high beside it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.spatial import cKDTree

from oral_architect.errors import StageError
from oral_architect.geometry import Points

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FINE_MM = 0.01
"""Spacing of the points that stand for the line in searches."""
REPEATED_MM = 1e-4
"""Points of a line closer than this are one."""


class Line:
    """A closed polyline.

    Parameters
    ----------
    points
        ``(k, 3) mm``, in order, without the repeated first point.

    Raises
    ------
    StageError
        When fewer than eight points are left or a point is no number.
    """

    def __init__(self, points: Points) -> None:
        points = np.asarray(points, dtype=np.float64)
        if points.ndim != 2 or not np.isfinite(points).all():
            raise StageError("the finish line holds points that are no numbers", where="body", todo="Draw it again.")
        points = points[np.linalg.norm(points - np.roll(points, 1, axis=0), axis=1) > REPEATED_MM]
        if len(points) < 8:
            raise StageError("the finish line has too few points", where="body", todo="Draw the finish line again.")
        self.points = points
        self.steps = np.linalg.norm(np.roll(points, -1, axis=0) - points, axis=1)
        self.start = np.concatenate([[0.0], np.cumsum(self.steps)])
        self.length_mm = float(self.start[-1])
        count = max(int(np.ceil(self.length_mm / FINE_MM)), len(points))
        self._along = np.arange(count) / count * self.length_mm
        self._tree = cKDTree(self.at(self._along))

    def evenly(self, step_mm: float, smooth_mm: float = 0.0) -> Line:
        """The line through points at even distances of at most ``step_mm`` along it; hairs shorter than that vanish.

        ``smooth_mm`` averages over that much of the line (standard deviation) and takes the teeth off a line that runs
        along edges of triangles.
        """
        count = max(int(np.ceil(self.length_mm / step_mm)), 8)
        fine = max(int(np.ceil(2 * self.length_mm / step_mm)), 2 * count) // count * count
        points = self.at(np.arange(fine) / fine * self.length_mm)
        if smooth_mm > 0:
            width = smooth_mm * fine / self.length_mm
            soft = gaussian_filter1d(points, width, axis=0, mode="wrap")
            # what is left over is smoothed once more, so that bends do not shrink
            points = soft + gaussian_filter1d(points - soft, width, axis=0, mode="wrap")
        return Line(points[:: fine // count])

    def at(self, along_mm: Floats) -> Points:
        """Points of the line at ``(n,) mm`` along it, exactly on the polyline."""
        u = np.mod(along_mm, self.length_mm)
        i = np.clip(np.searchsorted(self.start, u, side="right") - 1, 0, len(self.points) - 1)
        t = np.clip((u - self.start[i]) / self.steps[i], 0.0, 1.0)[:, None]
        return np.asarray((1 - t) * self.points[i] + t * self.points[(i + 1) % len(self.points)])

    def distance_mm(self, points: Points, within_mm: float) -> Floats:
        """Distance ``(n,) mm`` to the line, at most ``within_mm``."""
        away = np.full(len(points), within_mm)
        rough, _ = self._tree.query(points, distance_upper_bound=within_mm + FINE_MM, workers=1)
        close = np.isfinite(rough)
        away[close] = np.minimum(self.nearest(points[close])[0], within_mm)
        return away

    def nearest(self, points: Points) -> tuple[Floats, Floats]:
        """Distance ``(n,) mm`` to the line and place ``(n,) mm`` along it of the nearest point."""
        _, index = self._tree.query(points, workers=1)
        first = np.searchsorted(self.start, self._along[index], side="right") - 1
        best, place = np.full(len(points), np.inf), np.zeros(len(points))
        for shift in (-1, 0, 1):
            i = (first + shift) % len(self.points)
            a, b = self.points[i], self.points[(i + 1) % len(self.points)]
            t = np.clip(((points - a) * (b - a)).sum(axis=1) / self.steps[i] ** 2, 0.0, 1.0)
            away = np.linalg.norm(points - a - t[:, None] * (b - a), axis=1)
            better = away < best
            best[better], place[better] = away[better], (self.start[i] + t * self.steps[i])[better]
        return best, np.mod(place, self.length_mm)

    def tangents(self, along_mm: Floats) -> Floats:
        """Unit directions of the line at ``(n,) mm`` along it, smoothed over a few tenths of a millimetre."""
        ahead, back = self.at(along_mm + 0.15), self.at(along_mm - 0.15)
        return np.asarray((ahead - back) / np.maximum(np.linalg.norm(ahead - back, axis=1, keepdims=True), 1e-12))


def monotone(places_mm: Floats, length_mm: float) -> Floats:
    """Make places along a closed line increase around a loop that runs once around it.

    Returns
    -------
    (n,) float mm
        Increasing, from the first place on, spanning less than one length; near-ties are spread a little.

    Raises
    ------
    StageError
        When the loop does not run once around the line.
    """
    steps = np.mod(np.diff(places_mm, append=places_mm[:1]) + length_mm / 2, length_mm) - length_mm / 2
    if abs(steps.sum() - length_mm) > 0.5 * length_mm:
        raise StageError(
            "the outer form does not run once around the finish line", where="body", todo="Check line and form."
        )
    raw = places_mm[0] + np.concatenate([[0.0], np.cumsum(steps[:-1])])
    # the mean of the running maximum and the running minimum from behind never falls
    tiled = np.concatenate([raw - length_mm, raw, raw + length_mm])
    up = np.maximum.accumulate(tiled)
    down = np.minimum.accumulate(tiled[::-1])[::-1]
    n = len(raw)
    level = ((up + down) / 2)[n : 2 * n]
    spread = np.arange(n) / n * 1e-6 * length_mm
    return np.asarray(level * (1 - 1e-6) + spread)
