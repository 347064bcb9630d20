"""A rough bite refined without tooth numbers: for parts of arches, prepared teeth and whatever else two scans show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.optimize import OptimizeResult, minimize

from oral_architect.case import Settings
from oral_architect.errors import StageError
from oral_architect.geometry import Mesh, Transform
from oral_architect.geometry.closest import Surface

from .clearance import Closeness, Crowns, clearances_mm, meeting_energy
from .opposing import Floats, Occlusal, Relief, closing_energy, gaps_mm, pose_matrix, relief_of


class RoughBiteSettings(Settings):
    """How two scans that lie nearly in bite are settled."""

    patch_mm: float = 5.0
    """Surface is judged in patches of this size, as wide as a small tooth: each counts once, met or not."""
    around_mm: float = 0.0
    """The search starts from the rough bite and, where this is not 0, from places this far to each side of it: right
    where the rough bite is a guess, wrong where little holds the jaw and a tighter place nearby is not the bite."""
    closing_mm: tuple[float, float] = (2.5, 0.25)
    """Reach of contact and give of surfaces in that search."""
    reach_mm: tuple[float, ...] = (2.0, 1.0)
    """A patch this far short of touching counts half; coarse to fine. Wide, for a prepared tooth or a bite that did
    not close fully leaves patches that are parallel and never meet."""
    give_mm: tuple[float, ...] = (0.15, 0.05)
    """A patch this much too deep costs as much as one that does not touch at all."""
    blend_mm: float = 0.03
    search_mm: float = 4.0
    """Surface further apart than this in the rough bite is not looked at."""
    penetration_mm: float = 0.1
    """Deepest overlap that is left."""


@dataclass(frozen=True, eq=False)
class Settled:
    """A rough bite after refinement.

    Parameters
    ----------
    motion
        ``(4, 4)``: what moves the given lower scan into the refined bite, in the frame both were given in.
    meeting, opposed
        Patches that touch, and patches that lie opposite something.
    max_penetration_mm
        Deepest overlap left.
    doubts
        Why it may be wrong.
    """

    motion: Transform
    meeting: int
    opposed: int
    max_penetration_mm: float
    doubts: tuple[str, ...]


_STEP_MM = 0.15
_FACING = 0.15
_LEAST_POINTS = 60
_FREEDOMS = 6
_AREA_WEIGHT = 0.5


def settle_rough_bite(upper: Mesh, lower: Mesh, settings: RoughBiteSettings | None = None) -> Settled:
    """Settle the lower scan against the upper, both already in a rough bite, a few mm and degrees off.

    No labels are needed. The closing direction is that in which the two scans face each other. A prepared tooth meets
    nothing and is one patch less; it neither attracts nor repels.

    Parameters
    ----------
    upper, lower
        In one frame, any pose, mm.
    settings
        Method.

    Raises
    ------
    StageError
        When the scans do not face each other or nothing lies opposite.
    """
    s = settings or RoughBiteSettings()
    frame = _facing_frame(upper, lower)
    above, below = upper.transformed(frame), lower.transformed(frame)
    relief = relief_of(above, _STEP_MM)
    motion = _closed(below, relief, s)
    for reach, give in zip(s.reach_mm, s.give_mm, strict=True):
        patches = _patches(below.transformed(motion), relief, s)
        close = Closeness(0.0, reach, give, s.blend_mm)
        found = _least(partial(_together, patches=patches, relief=relief, close=close), np.zeros(6))
        motion = pose_matrix(found.x, patches.centre()) @ motion
    patches = _patches(below.transformed(motion), relief, s)
    gap = clearances_mm(patches, relief, s.blend_mm)
    meeting = int((gap < s.penetration_mm).sum())
    doubts = []
    if meeting < _FREEDOMS:
        doubts.append(f"only {meeting} places touch, and six are needed to hold a jaw")
    settled = np.linalg.inv(frame) @ motion @ frame
    return Settled(
        motion=settled,
        meeting=meeting,
        opposed=len(patches.teeth),
        max_penetration_mm=_penetration(above, patches),
        doubts=tuple(doubts),
    )


def _closed(below: Mesh, relief: Relief, s: RoughBiteSettings) -> Transform:
    """Close the lower scan over its surface from the rough bite and from places around it; return the tightest."""
    area = _area(_patches(below, relief, s))
    best, motion = np.inf, np.eye(4)
    aside = sorted({0.0, -s.around_mm, s.around_mm}, key=abs)
    for x in aside:
        for y in aside:
            start = np.array([0.0, 0.0, 0.0, x, y, 0.0])
            gap, cover = gaps_mm(area.points + start[3:], relief)
            start[5] = float(np.quantile(gap[cover > 0.5], 0.02)) if (cover > 0.5).any() else 0.0
            found = _least(lambda p: closing_energy(p, area, relief, *s.closing_mm), start)
            if float(found.fun) < best - 1e-9:
                best, motion = float(found.fun), pose_matrix(found.x, area.centre())
    return motion


def _together(x: Floats, patches: Crowns, relief: Relief, close: Closeness) -> tuple[float, Floats]:
    meeting, slope = meeting_energy(x, patches, relief, close)
    area, more = closing_energy(x, _area(patches), relief, close.reach_mm, close.give_mm)
    return meeting + _AREA_WEIGHT * area, slope + _AREA_WEIGHT * more


def _area(patches: Crowns) -> Occlusal:
    count = len(patches.points)
    return Occlusal(patches.points, np.full(count, 1 / count), np.ones(count, dtype=np.int64))


def _least(energy: Callable[[Floats], tuple[float, Floats]], start: Floats) -> OptimizeResult:
    return minimize(energy, start, jac=True, method="L-BFGS-B", options={"maxiter": 80})


def _facing_frame(upper: Mesh, lower: Mesh) -> Transform:
    """Return the turn that puts the lower scan's open side up (+z)."""
    sums = [m.face_crosses.sum(axis=0) for m in (upper, lower)]
    unit = [n / max(float(np.linalg.norm(n)), 1e-9) for n in sums]
    if unit[0] @ unit[1] > 0:
        raise StageError(
            "the scans do not face each other",
            where="anatomy: rough bite",
            todo="Give them in a rough bite, chewing sides towards each other.",
        )
    z = unit[1] - unit[0]
    z /= np.linalg.norm(z)
    x = np.cross(np.eye(3)[np.argmin(np.abs(z))], z)
    x /= np.linalg.norm(x)
    frame = np.eye(4)
    frame[:3, :3] = [x, np.cross(z, x), z]
    return frame


def _patches(lower: Mesh, relief: Relief, s: RoughBiteSettings) -> Crowns:
    """Points of the lower surface that lie opposite the upper one, sorted into square patches."""
    middle = lower.vertices[lower.faces].sum(axis=1) / 3
    gap, cover = gaps_mm(middle, relief)
    chosen = (lower.face_normals[:, 2] > _FACING) & (cover > 0.5) & (np.abs(gap) < s.search_mm)
    points: Floats = middle[chosen]
    if len(points) < _LEAST_POINTS:
        raise StageError(
            "hardly anything of the two scans lies opposite",
            where="anatomy: rough bite",
            todo="Bring them nearer to their bite first.",
        )
    cell = np.floor((points[:, :2] - points[:, :2].min(axis=0)) / s.patch_mm).astype(np.int64)
    key = cell[:, 0] * 1000 + cell[:, 1]
    order = np.argsort(key, kind="stable")
    patch, count = np.unique(key, return_counts=True)
    first = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    return Crowns(points[order], first, patch, np.full(len(patch), 1 / len(patch)))


def _penetration(upper: Mesh, patches: Crowns) -> float:
    surface = Surface(upper)
    near = surface.nearest(patches.points)
    close = near.distance_mm < 1.0
    signed = surface.signed(patches.points, near)
    return max(0.0, -float(signed[close].min(initial=0.0)))
