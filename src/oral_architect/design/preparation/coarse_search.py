"""First search for a finish line: cuts through the tooth's axis, and the path around it that bends most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, median_filter

from oral_architect.errors import StageError
from oral_architect.geometry import Mask, Points
from oral_architect.geometry.rays import Target

from .axes_frame import upright_frame
from .bends import bends
from .closed_path import closed_path
from .region import Region
from .ring import bridged, smoothed
from .settings import PreparationSettings

Floats = NDArray[np.float64]

STEP_MM = 0.06
"""Distance of the samples of a cut."""
_LONGEST_MM = 15.0
_FULL_TURN_RAD = np.deg2rad(35.0)
"""A bend of this size counts three quarters of the sharpest one."""
_ABOVE_PER_MM = 0.04
"""Cost of lying a millimetre above the border of the crown."""
_NOT_LAST, _NEXT_MM = 0.8, (0.45, 3.0)
"""Cost of a ridge with another one this far outside it on the tooth: the last ridge before the gingiva is the line."""
_AT_BORDER, _BORDER_MM = 0.15, 0.1
"""Cost of lying so near the border of the crown that the ridge may be the gingiva's."""
_BELOW_PER_MM = 2.0
"""Cost of lying a millimetre further outside than the settings allow."""
_RISING = 0.25
"""A ledge may fall inward with this slope; more is a gingival crest seen from its sulcus."""
_STEEP = -0.75
"""Slope of a wall; the biting surface of a stump is flatter."""
_WALL_WITHIN_MM, _WALL_MM = 3.0, 0.35
"""Inside a finish line, within a ledge's width, stands this much of a wall."""
_NO_WALL = 0.8
"""Cost of a ridge without a wall inside it: the edge between wall and biting surface."""
_NO_SCAN = 0.25
"""Cost of crossing a place where a cut has ended."""
_CREASE = 0.3
"""Where no ridge shows, the crease between tooth and gingiva is worth this share of a ridge."""
_STIFFNESS = 0.8
"""Cost of a line that climbs at 45 degrees, per millimetre of its course."""


@dataclass(frozen=True, eq=False)
class CoarseLine:
    """A finish line to within a few tenths of a millimetre.

    Parameters
    ----------
    points
        ``(n, 3) mm``, one a cut, counter-clockwise seen from occlusal.
    known
        ``(n,) bool``: where a ridge was seen.
    """

    points: Points
    known: Mask


def coarse_line(region: Region, settings: PreparationSettings, through: Points | None = None) -> CoarseLine:
    """Follow the convex ridge around a prepared tooth.

    Parameters
    ----------
    region
        The tooth and its surroundings.
    settings
        Scales and thresholds.
    through
        ``(p, 3) mm``: points the line must come near.

    Raises
    ------
    StageError
        When the tooth has no surface above its middle.
    """
    start, face = _summit(region)
    n = settings.sections
    angle = np.arange(n) / n * 2 * np.pi
    first, second = upright_frame(region.up)
    ahead = np.cos(angle)[:, None] * first + np.sin(angle)[:, None] * second
    cuts = region.sheet.follow(
        np.repeat(start[None], n, axis=0),
        np.full(n, face),
        np.cross(region.up, ahead),
        ahead,
        length_mm=_LONGEST_MM,
        step_mm=STEP_MM,
    )
    out = ((cuts.points - start) * ahead[:, None]).sum(axis=2)
    height = (cuts.points - start) @ region.up
    cost, ridge = _costs(region, cuts.faces, out, height, settings)
    if through is not None and len(through):
        cost = _forced(cost, cuts.points, through)
    if ridge.any(axis=1).sum() < n / 4:
        raise StageError(
            "no finish line is seen around it",
            where="design: preparation",
            todo="Check that the tooth is prepared, or give points on the finish line.",
        )
    reach = np.where(ridge, out, -np.inf).max(axis=1)
    around_mm = 2 * np.pi * float(np.median(reach[np.isfinite(reach)])) / n
    stiffness = _STIFFNESS * STEP_MM**2 / max(around_mm, 0.05)
    path = closed_path(cost, stiffness, max(4, round(2.5 * around_mm / STEP_MM)))
    at = np.arange(n)
    points = cuts.points[at, path]
    there = np.isfinite(points[:, 0])
    known = there & ridge[at, path]
    if known.sum() < 8:
        raise StageError(
            "no finish line is seen around it",
            where="design: preparation",
            todo="Check that the tooth is prepared, or give points on the finish line.",
        )
    points = bridged(np.where(there[:, None], points, 0.0), there, 6)
    return CoarseLine(smoothed(points, 1.0), known)


def _summit(region: Region) -> tuple[Points, int]:
    """Where a line along the tooth's axis through the middle of its crown leaves the surface."""
    own = region.in_crown
    areas = region.mesh.face_areas[own][:, None]
    middle = (region.mesh.vertices[region.mesh.faces[own]].mean(axis=1) * areas).sum(axis=0) / areas.sum()
    above = middle + 25.0 * region.up
    _, face = Target(region.mesh).first_hit(above[None], -region.up[None])
    if face[0] < 0:
        face = region.surface.nearest(middle[None]).faces
    # well inside the face, so that a cut in any direction leaves it across an edge
    return region.mesh.vertices[region.mesh.faces[face[0]]].mean(axis=0), int(face[0])


def _costs(
    region: Region, faces: NDArray[np.int64], out: Floats, height: Floats, settings: PreparationSettings
) -> tuple[Floats, Mask]:
    """Cost of every sample, and whether it lies on a ridge that may be the line."""
    bend = bends(out, height, STEP_MM, settings.window_mm)
    turn = np.where(np.isfinite(bend.turn), bend.turn, 0.0)
    rise = np.where(np.isfinite(bend.rise), bend.rise, 0.0)
    there = np.isfinite(out)
    ridge = there & (turn > np.deg2rad(settings.least_turn_deg)) & (rise < _RISING)
    gain = np.where(ridge, np.tanh(turn / _FULL_TURN_RAD), 0.0)
    position: Floats = np.arange(out.shape[1], dtype=np.float64) * STEP_MM
    border = _border_mm(region.in_crown[faces] & (faces >= 0), position)
    beyond = position[None] - border[:, None]
    at_border = np.clip(1 - np.abs(beyond) / 0.5, 0, 1)
    gain += _CREASE * np.where(ridge, 0.0, np.tanh(np.clip(-turn, 0, None) / _FULL_TURN_RAD)) * at_border
    cost = -gain + np.where(there, 0.0, _NO_SCAN)
    cost += np.where(there, _NO_WALL * np.clip(1 - _wall_inside_mm(rise) / _WALL_MM, 0, 1), 0.0)
    on_tooth = np.where(beyond < -_BORDER_MM, gain, 0.0)
    cost += np.where(ridge, _NOT_LAST * np.clip((_outside(on_tooth) - 0.2) / 0.3, 0, 1), 0.0)
    cost += np.where(beyond > -_BORDER_MM, _AT_BORDER, 0.0)
    cost += _ABOVE_PER_MM * np.clip(-beyond, 0, None)
    cost += _BELOW_PER_MM * np.clip(beyond - settings.look_below_mm, 0, None)
    return cost, ridge


def _wall_inside_mm(rise: Floats) -> Floats:
    """How much wall stands inside each sample, ``(n, m) mm``."""
    steep = np.cumsum((rise < _STEEP) * STEP_MM, axis=1)
    back = round(_WALL_WITHIN_MM / STEP_MM)
    before = np.zeros_like(steep)
    before[:, back:] = steep[:, :-back]
    return np.asarray(steep - before)


def _outside(gain: Floats) -> Floats:
    """The strongest crest further outside each sample, ``(n, m)``."""
    near, far = (round(x / STEP_MM) for x in _NEXT_MM)
    length = far - near + 1
    crest = maximum_filter1d(gain, 2 * near + 1, axis=1, mode="constant")
    padded = np.pad(np.where(gain >= crest, gain, 0.0), ((0, 0), (0, far + 1)))
    strongest = sliding_window_view(padded[:, near:], length, axis=1).max(axis=2)
    return np.asarray(strongest[:, : gain.shape[1]])


def _border_mm(own: Mask, position: Floats) -> Floats:
    """How far along each cut the crown reaches, ``(n,) mm``, single outliers evened out."""
    last = own.shape[1] - 1 - own[:, ::-1].argmax(axis=1)
    reach = np.where(own.any(axis=1), position[last], np.nan)
    reach = np.where(np.isfinite(reach), reach, np.nanmedian(reach))
    return np.asarray(median_filter(reach, size=9, mode="wrap"))


def _forced(cost: Floats, points: NDArray[np.float64], through: Points) -> Floats:
    """Forbid every other sample of the cut that comes nearest to each wanted point."""
    result = cost.copy()
    flat = np.where(np.isfinite(points), points, 1e6).reshape(-1, 3)
    for wanted in through:
        row, column = divmod(int(((flat - wanted) ** 2).sum(axis=1).argmin()), cost.shape[1])
        result[row] = np.inf
        result[row, column] = 0.0
    return result
