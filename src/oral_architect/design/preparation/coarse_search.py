"""First search for a finish line: cuts through the tooth's axis, and the likeliest closed path across them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oral_architect.errors import StageError
from oral_architect.geometry import Mask, Points
from oral_architect.geometry.rays import Target

from .axes_frame import upright_frame
from .closed_path import closed_path, forced, unlikely
from .evidence import EVERY, channels, likelihood
from .region import Region
from .ring import bridged, smoothed
from .settings import PreparationSettings

STEP_MM = 0.06
"""Distance of the samples of a cut."""
LONGEST_MM = 13.2
"""How far a cut is followed from the middle of the crown's top."""
_STIFFNESS = 1.5
"""Cost of a line that climbs at 45 degrees, per millimetre of its course, in the units of a negative log chance."""
_AROUND_MM = 0.25
"""A place is known when the line lies more likely within this distance of it than anywhere else."""
_LEAST_SEEN = 0.25
"""Share of the cuts on which a finish line must be seen."""


@dataclass(frozen=True, eq=False)
class CoarseLine:
    """A finish line to within a few tenths of a millimetre.

    Parameters
    ----------
    points
        ``(n, 3) mm``, one a cut, counter-clockwise seen from occlusal.
    known
        ``(n,) bool``: where it was seen.
    """

    points: Points
    known: Mask


@dataclass(frozen=True, eq=False)
class Cuts:
    """Cuts from the middle of the crown's top outward, evenly turned around the tooth's axis.

    Parameters
    ----------
    points
        ``(n, m, 3) mm``; NaN beyond the ends.
    seen
        ``(8, n, m)``: what the network sees of them.
    """

    points: NDArray[np.float64]
    seen: NDArray[np.float64]


def cuts_around(region: Region, count: int) -> Cuts:
    """Cut a tooth ``count`` times through its axis."""
    start, face = _summit(region)
    angle = np.arange(count) / count * 2 * np.pi
    first, second = upright_frame(region.up)
    ahead = np.cos(angle)[:, None] * first + np.sin(angle)[:, None] * second
    cuts = region.sheet.follow(
        np.repeat(start[None], count, axis=0),
        np.full(count, face),
        np.cross(region.up, ahead),
        ahead,
        length_mm=LONGEST_MM,
        step_mm=STEP_MM,
    )
    out = ((cuts.points - start) * ahead[:, None]).sum(axis=2)
    height = (cuts.points - start) @ region.up
    return Cuts(cuts.points[:, ::EVERY], channels(region, cuts.faces, out, height, STEP_MM))


def coarse_line(region: Region, settings: PreparationSettings, through: Points | None = None) -> CoarseLine:
    """Follow the finish line around a prepared tooth.

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
        When no finish line is seen.
    """
    n, step = settings.sections, STEP_MM * EVERY
    cuts = cuts_around(region, n)
    chance, hidden = likelihood("around", cuts.seen)
    cost = unlikely(chance, hidden)
    if through is not None and len(through):
        cost, _ = forced(cost, cuts.points, through)
    flat = cuts.points - cuts.points[:, :1]
    reach = np.linalg.norm(flat - (flat @ region.up)[..., None] * region.up, axis=2)
    around_mm = 2 * np.pi / n * float((chance * np.nan_to_num(reach)).sum() / max(chance.sum(), 1e-9))
    path = closed_path(cost, _STIFFNESS * step**2 / max(around_mm, 0.05), max(4, round(2.5 * around_mm / step)))
    at = np.arange(n)
    points = cuts.points[at, path]
    there = np.isfinite(points[:, 0])
    near = np.abs(np.arange(cost.shape[1]) - path[:, None]) <= _AROUND_MM / step
    known = there & ((chance * near).sum(axis=1) > 0.5)
    if known.mean() < _LEAST_SEEN:
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
