"""Whether a piece can be seated and milled: undercuts and radii of its inside, sections of its connectors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry import Mask, Mesh, Points
from oral_architect.geometry.rays import Target

Floats = NDArray[np.float64]

_LIFT_MM = 0.02
"""Rays start this far off the surface."""
_LARGEST_MM = 3.0
"""Radii larger than this are not told apart."""
_SHRINKS = 12
_SECTIONS = 41
"""Planes tried between two ends of a connector."""


@dataclass(frozen=True, eq=False)
class Inside:
    """The inside of a piece, vertex by vertex.

    Parameters
    ----------
    points
        ``(n, 3) float, mm``.
    undercut_mm
        ``(n,) float``: how far sideways a place lies behind the rim it has to pass; 0 where it is free.
    radius_mm
        ``(n,) float``: radius of the largest ball that touches the inside here from the tooth's side.
    """

    points: Points
    undercut_mm: Floats
    radius_mm: Floats

    def deepest_undercut(self) -> tuple[float, Floats]:
        """Return the deepest undercut, mm, and where it is."""
        worst = int(np.argmax(self.undercut_mm))
        return float(self.undercut_mm[worst]), self.points[worst]

    def least_radius(self, percent: float = 2.0) -> tuple[float, Floats]:
        """Return the second percentile of the radii, mm, and where it is: the very least is a sliver's."""
        value = float(np.percentile(self.radius_mm, percent))
        return value, self.points[int(np.argmin(np.abs(self.radius_mm - value)))]


def inside_of(body: Mesh, intaglio: Mask, axis: Floats) -> Inside | None:
    """Look at the inside of a piece; ``None`` when it has none.

    Parameters
    ----------
    body
        Closed piece, mm; its faces' normals point out of the material.
    intaglio
        ``(faces,) bool``: faces toward the tooth.
    axis
        ``(3,)`` unit direction in which the piece is pulled off.
    """
    if not intaglio.any():
        return None
    part, _ = body.part(intaglio)
    return Inside(part.vertices, _undercut(part, axis), _radius(part))


def section_mm2(body: Mesh, point: Floats, normal: Floats) -> float:
    """Return the area of the cut of a closed mesh with a plane, mm².

    Notes
    -----
    Each face that the plane crosses gives a directed piece of the outline; the area is half the sum of their cross
    products along the normal (Green's theorem), whatever their order.
    """
    height = (body.vertices - point) @ normal
    # a vertex on the plane counts as above it, so that each crossed face is crossed at two edges
    above = height >= 0
    corners = above[body.faces]
    crossed = corners.any(axis=1) & ~corners.all(axis=1)
    faces = body.faces[crossed].astype(np.int64)
    if len(faces) == 0:
        return 0.0
    up = above[faces]
    # turn each face so that its first corner is alone on its side
    alone = np.where(up.sum(axis=1) == 1, np.argmax(up, axis=1), np.argmin(up, axis=1))
    turned = np.stack([faces[np.arange(len(faces)), (alone + k) % 3] for k in range(3)], axis=1)
    first, second, third = (body.vertices[turned[:, k]] - point for k in range(3))
    h = height[turned]
    to_second = first + (second - first) * (h[:, 0] / (h[:, 0] - h[:, 1]))[:, None]
    to_third = first + (third - first) * (h[:, 0] / (h[:, 0] - h[:, 2]))[:, None]
    pieces = np.cross(to_second, to_third) @ normal
    flip = np.where(above[turned[:, 0]], 1.0, -1.0)
    return abs(float((pieces * flip).sum())) / 2


def least_section(body: Mesh, start: Floats, end: Floats) -> tuple[float, Floats]:
    """Return the least cut of a closed mesh between two points inside it, across the line through them, and where.

    Parameters
    ----------
    body
        Closed mesh, mm.
    start, end
        ``(3,) mm``: the middles of the two teeth a connector joins.
    """
    along = end - start
    normal = along / max(float(np.linalg.norm(along)), 1e-9)
    places = [start + share * along for share in np.linspace(0.05, 0.95, _SECTIONS)]
    areas = [section_mm2(body, place, normal) for place in places]
    best = int(np.argmin(areas))
    return areas[best], places[best]


def _undercut(part: Mesh, axis: Floats) -> Floats:
    """How far each vertex lies sideways in the shade of the inside itself, seen from the opening."""
    from scipy.spatial import cKDTree

    points, normals = part.vertices, part.vertex_normals
    down = np.tile(-axis, (len(points), 1))
    hit, _ = Target(part).first_hit(points + _LIFT_MM * normals - _LIFT_MM * axis, down)
    shaded = np.isfinite(hit)
    depth = np.zeros(len(points))
    if shaded.any() and not shaded.all():
        first = np.cross(axis, [1.0, 0, 0] if abs(axis[0]) < 0.9 else [0, 1.0, 0])
        first /= np.linalg.norm(first)
        flat = points @ np.stack([first, np.cross(axis, first)], axis=1)
        depth[shaded], _ = cKDTree(flat[~shaded]).query(flat[shaded])
    elif shaded.all():
        depth[:] = np.inf
    return depth


def _radius(part: Mesh) -> Floats:
    """Radius of the largest ball on the tooth's side of each vertex (shrinking; Ma et al., Vis. Comput. 2012, 28:7)."""
    from scipy.spatial import cKDTree

    points, normals = part.vertices, part.vertex_normals
    # corners only: the middle of a face lies inside the round it stands for, and would look like an edge
    tree = cKDTree(points)
    radius = np.full(len(points), _LARGEST_MM)
    for _ in range(_SHRINKS):
        centre = points + radius[:, None] * normals
        away, nearest = tree.query(centre)
        step = points[nearest] - points
        rise = (step * normals).sum(axis=1)
        inner = (away < radius - 1e-3) & (rise > 1e-6)
        if not inner.any():
            break
        radius[inner] = np.minimum(radius[inner], (step[inner] ** 2).sum(axis=1) / (2 * rise[inner]))
    return radius
