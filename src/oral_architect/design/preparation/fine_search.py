"""Second search for a finish line: cuts square to the line found so far, and the ridge to a fraction of a triangle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry import Mask, Points

from .bends import Bends, bends
from .closed_path import closed_path
from .region import Region
from .ring import bridged, resampled, runs, smoothed_where_known, tangents
from .settings import PreparationSettings

Floats = NDArray[np.float64]

STEP_MM = 0.03
"""Distance of the samples of a cut."""
_MARGIN_MM = 1.0
"""A cut reaches this much further than the line may move, so that a bend can be measured everywhere."""
_FULL_TURN_RAD = np.deg2rad(35.0)
_RISING = 0.25
_STIFFNESS = 6.0
"""Cost of a line that moves sideways at 45 degrees, per millimetre of its course."""
_PEAK_MM = 0.18
"""The place of a ridge is the middle of the bend within this distance of its sharpest sample."""
_SHORT_RUN_MM = 0.5
"""A glimpse of ridge, or a gap in it, shorter than this does not count."""
_LONGEST_BRIDGE_MM = 6.0
"""A longer stretch without a ridge keeps the course along the crease."""
_SMOOTH_MM = 0.18


@dataclass(frozen=True, eq=False)
class FineLine:
    """A finish line on the surface.

    Parameters
    ----------
    points
        ``(k, 3) mm``, on the surface.
    sure
        ``(k,) bool``: a ridge is seen here.
    turn_rad
        ``(k,)``: how sharply the surface bends at the line.
    """

    points: Points
    sure: Mask
    turn_rad: Floats


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


def refined(
    region: Region, ring: Points, settings: PreparationSettings, *, reach_mm: float, through: Points | None = None
) -> FineLine:
    """Move a line sideways onto the sharpest convex ridge within ``reach_mm``.

    Parameters
    ----------
    region
        The tooth and its surroundings.
    ring
        ``(k, 3) mm``: the line so far, counter-clockwise seen from occlusal.
    settings
        Scales and thresholds.
    reach_mm
        How far the line may move to either side.
    through
        ``(p, 3) mm``: points the line must run through.
    """
    ring, _ = resampled(ring, settings.spacing_mm)
    strip = strip_along(region, ring, reach_mm + _MARGIN_MM)
    bend = bends(strip.out, strip.height, STEP_MM, settings.window_mm)
    half = round(reach_mm / STEP_MM)
    window = slice(strip.middle - half, strip.middle + half + 1)
    turn = np.where(np.isfinite(bend.turn), bend.turn, 0.0)[:, window]
    falls = np.where(np.isfinite(bend.rise), bend.rise, 0.0)[:, window] < _RISING
    scanned = (strip.faces[:, window] >= 0) & (strip.faces[:, window] < region.scanned_faces)
    ridge = scanned & falls & (turn > np.deg2rad(settings.least_turn_deg))
    cost = -np.where(ridge, np.tanh(turn / _FULL_TURN_RAD), 0.0)
    held = np.zeros(len(ring), dtype=bool)
    if through is not None and len(through):
        cost, held = _held(cost, strip.points[:, window], through)
    toll = _STIFFNESS * STEP_MM**2 / settings.spacing_mm
    path = closed_path(cost, toll, max(3, round(2 * settings.spacing_mm / STEP_MM)))
    sure = ridge[np.arange(len(ring)), path] | held
    sure = _without_short_runs(sure, round(_SHORT_RUN_MM / settings.spacing_mm)) | held
    at = np.where(held, path, _peaks(np.where(ridge, turn, 0.0), path))
    weight = np.where(sure, np.clip(turn[np.arange(len(ring)), path], 0.05, 0.6), 0.02)
    weight = np.where(held, 50.0, weight)
    at = smoothed_where_known(at, weight, _SMOOTH_MM / settings.spacing_mm)
    points = _between(strip.points[:, window], at, ring)
    points = _bridged(points, sure, settings)
    near = region.surface.nearest(points)
    return FineLine(near.points, sure, turn[np.arange(len(ring)), path])


def _held(cost: Floats, points: NDArray[np.float64], through: Points) -> tuple[Floats, Mask]:
    """Forbid all but the sample nearest to each wanted point; which cuts are held."""
    result, held = cost.copy(), np.zeros(len(cost), dtype=bool)
    flat = np.where(np.isfinite(points), points, 1e6).reshape(-1, 3)
    for wanted in through:
        row, column = divmod(int(((flat - wanted) ** 2).sum(axis=1).argmin()), cost.shape[1])
        result[row] = np.inf
        result[row, column] = 0.0
        held[row] = True
    return result, held


def _peaks(turn: Floats, path: NDArray[np.int64]) -> Floats:
    """Middle of the bend around each chosen sample, in samples."""
    half = round(_PEAK_MM / STEP_MM)
    offset = np.arange(-half, half + 1)
    index = path[:, None] + offset
    inside = (index >= 0) & (index < turn.shape[1])
    found = np.where(inside, turn[np.arange(len(turn))[:, None], np.clip(index, 0, turn.shape[1] - 1)], 0.0)
    # the flank of a neighbouring ridge must not pull
    found = np.clip(found - 0.5 * found[:, half : half + 1], 0, None)
    total = found.sum(axis=1)
    shift = (found * offset).sum(axis=1) / np.maximum(total, 1e-9)
    return np.asarray(path + np.where(total > 0, shift, 0.0))


def _between(points: NDArray[np.float64], at: Floats, ring: Points) -> Points:
    """Points at fractional samples of each cut; the old line where the cut has ended."""
    low = np.clip(np.floor(at).astype(np.int64), 0, points.shape[1] - 2)
    row = np.arange(len(at))
    share = (at - low)[:, None]
    found = points[row, low] * (1 - share) + points[row, low + 1] * share
    return np.where(np.isfinite(found), found, ring)


def _bridged(points: Points, sure: Mask, settings: PreparationSettings) -> Points:
    """Close short stretches without a ridge by a smooth curve; long ones keep the course along the crease."""
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


__all__ = ["Bends", "FineLine", "Strip", "refined", "strip_along"]
