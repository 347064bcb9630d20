"""Second search for a finish line: cuts square to the line found so far, and the ridge to a fraction of a triangle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry import Mask, Points

from .closed_path import closed_path, forced, unlikely
from .evidence import EVERY, channels, likelihood
from .region import Region
from .ring import bridged, resampled, runs, smoothed, smoothed_where_known, tangents
from .settings import PreparationSettings

Floats = NDArray[np.float64]

STEP_MM = 0.03
"""Distance of the samples of a cut."""
REACH_MM = 1.2
"""How far a cut reaches to either side of the line."""
_CALM = 1.5
"""Points over which a line is smoothed before it is cut across, so that cuts do not cross each other."""
_STIFFNESS = 6.0
"""Cost of a line that moves sideways at 45 degrees, per millimetre of its course."""
_AROUND_MM = 0.15
"""The chance of the line within this distance is how far a place is trusted."""
_SHORT_RUN_MM = 0.5
"""A glimpse of the line, or a gap in it, shorter than this does not count."""
_LONGEST_BRIDGE_MM = 6.0
"""A longer hidden stretch keeps the likeliest course."""
_SMOOTH_MM = 0.18


@dataclass(frozen=True, eq=False)
class FineLine:
    """A finish line on the surface.

    Parameters
    ----------
    points
        ``(k, 3) mm``, on the surface.
    sure
        ``(k,) bool``: trusted enough.
    trust
        ``(k,)``: chance that the finish line lies here.
    """

    points: Points
    sure: Mask
    trust: Floats


@dataclass(frozen=True, eq=False)
class Strip:
    """Cuts square to a line, from inside to outside; sample ``middle`` lies on the line.

    Parameters
    ----------
    points
        ``(n, m, 3) mm``; NaN beyond the ends.
    faces
        ``(n, m) int``.
    out, height
        ``(n, m) mm``: coordinates in the plane of each cut, outward and occlusal.
    middle
        Index of the sample on the line.
    """

    points: NDArray[np.float64]
    faces: NDArray[np.int64]
    out: Floats
    height: Floats
    middle: int


def strip_along(region: Region, ring: Points, reach_mm: float, step_mm: float = STEP_MM) -> Strip:
    """Cut the surface square to a closed line (counter-clockwise seen from occlusal), ``reach_mm`` to either side."""
    along = tangents(ring)
    # a cut stands upright: a line that climbs steeply between two roots is still cut from wall to root
    outward = np.cross(along, region.up)
    outward /= np.maximum(np.linalg.norm(outward, axis=1, keepdims=True), 1e-9)
    upright = np.cross(outward, along)
    near = region.surface.nearest(ring)
    halves = []
    for sign in (-1.0, 1.0):
        ahead = sign * (outward - upright)
        halves.append(region.sheet.follow(near.points, near.faces, along, ahead, length_mm=reach_mm, step_mm=step_mm))
    points = np.concatenate([halves[0].points[:, :0:-1], halves[1].points], axis=1)
    faces = np.concatenate([halves[0].faces[:, :0:-1], halves[1].faces], axis=1)
    away = points - near.points[:, None]
    return Strip(
        points,
        faces,
        (away * outward[:, None]).sum(axis=2),
        (away * upright[:, None]).sum(axis=2),
        halves[0].points.shape[1] - 1,
    )


def refined(region: Region, ring: Points, settings: PreparationSettings, through: Points | None = None) -> FineLine:
    """Move a line sideways to where the finish line is likeliest, to a fraction of a triangle.

    Parameters
    ----------
    region
        The tooth and its surroundings.
    ring
        ``(k, 3) mm``: the line so far, counter-clockwise seen from occlusal.
    settings
        Scales and thresholds.
    through
        ``(p, 3) mm``: points the line must run through.
    """
    ring, _ = resampled(ring, settings.spacing_mm)
    strip = strip_along(region, smoothed(ring, _CALM), REACH_MM)
    places, step = strip.points[:, ::EVERY], STEP_MM * EVERY
    chance, hidden = likelihood("along", channels(region, strip.faces, strip.out, strip.height, STEP_MM))
    cost = unlikely(chance, hidden)
    held = np.zeros(len(ring), dtype=bool)
    if through is not None and len(through):
        cost, held = forced(cost, places, through)
    path = closed_path(cost, _STIFFNESS * step**2 / settings.spacing_mm, max(3, round(2 * settings.spacing_mm / step)))
    sample = np.arange(cost.shape[1])
    near = np.abs(sample - path[:, None]) <= _AROUND_MM / step
    close = np.where(near, chance, 0.0)
    seen = np.asarray(close.sum(axis=1))
    # at a hole or at the border of the scan an edge is that of the scan
    on = strip.faces[:, ::EVERY]
    scanned: Mask = np.asarray(np.where(near, (on >= 0) & (on < region.scanned_faces), True).all(axis=1))
    trust = smoothed_where_known(seen, scanned.astype(np.float64), _SMOOTH_MM / settings.spacing_mm)
    trust = np.where(held, 1.0, np.where(scanned, trust, 0.0))
    sure = _without_short_runs(trust > settings.least_trust, round(_SHORT_RUN_MM / settings.spacing_mm)) | held
    middle = close @ sample / np.maximum(seen, 1e-9)
    at = np.where(held | (trust < 0.05), path, middle)
    at = smoothed_where_known(at, np.where(held, 50.0, trust + 0.02), _SMOOTH_MM / settings.spacing_mm)
    points = _bridged(_between(places, at, ring), sure, settings)
    return FineLine(region.surface.nearest(points).points, sure, trust)


def _between(points: NDArray[np.float64], at: Floats, ring: Points) -> Points:
    """Points at fractional samples of each cut; the old line where the cut has ended."""
    low = np.clip(np.floor(at).astype(np.int64), 0, points.shape[1] - 2)
    row = np.arange(len(at))
    share = (at - low)[:, None]
    found = points[row, low] * (1 - share) + points[row, low + 1] * share
    return np.where(np.isfinite(found), found, ring)


def _bridged(points: Points, sure: Mask, settings: PreparationSettings) -> Points:
    """Close short stretches that are hidden by a smooth curve; long ones keep the likeliest course."""
    short = sure.copy()
    for run in runs(~sure):
        if len(run) * settings.spacing_mm > _LONGEST_BRIDGE_MM:
            short[run] = True
    return bridged(points, short, round(1.2 / settings.spacing_mm))


def _without_short_runs(mask: Mask, shortest: int) -> Mask:
    """Drop short glimpses, then close short gaps."""
    result = mask
    for value in (True, False):
        if result.all() or not result.any():
            return result
        result = result.copy()
        for run in runs(result == value):
            if len(run) < shortest:
                result[run] = not value
    return result
