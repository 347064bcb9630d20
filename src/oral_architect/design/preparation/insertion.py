"""The axis along which a restoration can be pulled off: least undercut, then the most even walls."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry import Mesh, Points
from oral_architect.geometry.rays import Target

from .axes_frame import leaning
from .walls import wall_normals

Floats = NDArray[np.float64]

_COARSE_DEG, _FINE_DEG = 4.0, 1.0
_SOFT = 0.06
"""Sharpness of the soft minimum of the walls' inclination, as a sine."""
_LEAN_WEIGHT = 1.0
"""Worth of evenly leaning walls, in mm² of undercut surface: it decides between directions that are free."""
_OWN_AXIS = 1.0
"""Cost of leaving the tooth's own axis, in mm² of undercut surface, times the squared sine of the angle."""
_BLOCKED_MM2 = 4.0
"""Cost of a wholly blocked path, in mm² of undercut surface."""


@dataclass(frozen=True, eq=False)
class Insertion:
    """An insertion axis.

    Parameters
    ----------
    axis
        ``(3,)`` unit vector, occlusal.
    blocked_share
        Share of the finish line above which a neighbour stands in the way.
    undercut_mm2
        Area that faces away from the axis.
    """

    axis: Floats
    blocked_share: float
    undercut_mm2: float


def insertion_axis(
    die: Mesh, finish_line: Points, up: Floats, *, around: Mesh | None = None, tilt_deg: float = 25.0
) -> Insertion:
    """Search the directions around the tooth's own axis for the one with least undercut.

    The cost of a direction is the area of the die that faces away from it, weighted by the sine of the angle (its
    projected area), plus the share of the finish line over which a neighbour blocks the path. Among free directions
    the one is kept from which the steepest walls lean away most evenly, the middle of all possible axes.

    Parameters
    ----------
    die
        Prepared surface inside the finish line, mm.
    finish_line
        ``(k, 3) mm``.
    up
        ``(3,)``: the tooth's own occlusal direction.
    around
        Surfaces that may stand in the way (neighbours, gingiva); none when left out.
    tilt_deg
        How far the axis may lean from ``up``.
    """
    target = Target(around) if around is not None and len(around.faces) else None
    walls = wall_normals(die, finish_line, up)
    die = _without_rim(die)
    best = up
    for centre, tilt, step in ((up, tilt_deg, _COARSE_DEG), (None, _COARSE_DEG, _FINE_DEG)):
        directions = leaning(best if centre is None else centre, tilt, step)
        directions = directions[directions @ up >= np.cos(np.deg2rad(tilt_deg + 1e-6))]
        own = _OWN_AXIS * (1 - (directions @ up) ** 2)
        best = directions[int(np.argmin(_costs(die, walls, finish_line, directions, target) + own))]
    away = die.face_normals @ best
    blocked = _blocked(finish_line, best[None], target)[0]
    undercut = float((die.face_areas * np.clip(-away, 0, None)).sum())
    return Insertion(best, float(blocked), undercut)


def _without_rim(die: Mesh) -> Mesh:
    """The die without the faces on its border: slivers of the cut, rounded by the scanner."""
    at_rim = np.zeros(len(die.vertices), dtype=bool)
    at_rim[die.open_edges.ravel()] = True
    inner = np.asarray(~at_rim[die.faces].any(axis=1))
    return die.part(inner)[0] if inner.any() else die


def _costs(die: Mesh, walls: Floats, finish_line: Points, directions: Floats, target: Target | None) -> Floats:
    """One number a direction, the least is best."""
    facing = die.face_normals @ directions.T
    undercut = (die.face_areas[:, None] * np.clip(-facing, 0, None)).sum(axis=0)
    blocked = _blocked(finish_line, directions, target)
    return np.asarray(undercut + _BLOCKED_MM2 * blocked - _LEAN_WEIGHT * _least_lean(walls @ directions.T))


def _least_lean(facing: Floats) -> Floats:
    """Soft minimum over the walls of the sine of their inclination to each direction, ``(d,)``."""
    if len(facing) == 0:
        return np.zeros(facing.shape[1])
    return np.asarray(-_SOFT * np.log(np.exp(-facing / _SOFT).mean(axis=0)))


def _blocked(finish_line: Points, directions: Floats, target: Target | None) -> Floats:
    """Share of the finish line above which something stands, ``(d,)``."""
    if target is None:
        return np.zeros(len(directions))
    points = finish_line[:: max(1, len(finish_line) // 60)]
    origins = np.tile(points, (len(directions), 1)) + 0.15 * np.repeat(directions, len(points), axis=0)
    distance, _ = target.first_hit(origins, np.repeat(directions, len(points), axis=0))
    return np.asarray(np.isfinite(distance).reshape(len(directions), -1).mean(axis=1))
