"""How thick new material is, wall by wall."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry import Mask, Mesh, Points
from oral_architect.geometry.closest import Surface
from oral_architect.teeth.fdi import is_anterior

from .estimates import estimate
from .solid import Built

Floats = NDArray[np.float64]
Region = Literal["occlusal", "incisal", "cusp", "fissure", "axial", "margin"]

UPRIGHT = 0.5
"""Cosine to the occlusal direction from which on a wall faces up."""
AROUND_MM = 1.2
"""Radius in which a place counts as raised or sunk."""


@dataclass(frozen=True, eq=False)
class Thickness:
    """Thickness of new material at the centres of its outer faces.

    ``points`` ``(n, 3) mm``; ``mm`` ``(n,)``: distance to the tooth side, at most the diameter of the largest sphere
    inside that touches here; ``upright`` ``(n,)``: cosine to the occlusal direction; ``from_margin_mm`` ``(n,)``.
    """

    points: Points
    mm: Floats
    upright: Floats
    from_margin_mm: Floats

    def least(self, region: NDArray[np.bool_]) -> tuple[float, Floats] | None:
        """Second percentile over a region and where it is; ``None`` when the region is empty.

        The very smallest value of a triangle mesh is a sliver's, not a wall's.
        """
        if not region.any():
            return None
        value = float(np.percentile(self.mm[region], 2))
        index = np.flatnonzero(region)
        at = index[int(np.argmin(np.abs(self.mm[region] - value)))]
        return value, self.points[at]


def thickness_of(built: Built, occlusal: Floats) -> Thickness:
    """Measure the wall thickness of a body.

    Parameters
    ----------
    built
        The body with its outer and tooth-side faces.
    occlusal
        ``(3,)`` unit direction of the crown.
    """
    return thickness_of_shell(built.body, built.outer, occlusal)


def thickness_of_shell(body: Mesh, outer: Mask, occlusal: Floats) -> Thickness:
    """Measure the wall thickness of a closed body whose ``outer`` faces, ``(faces,) bool``, are seen and felt."""
    from scipy.spatial import cKDTree

    centres = body.vertices[body.faces].mean(axis=1)
    real = body.face_areas > 1e-6
    wanted = outer & real
    inner, _ = body.part(~outer)
    mm = Surface(inner).nearest(centres[wanted]).distance_mm if len(inner.faces) else np.full(int(wanted.sum()), np.inf)
    edges = _seam(body, outer)
    away = np.asarray(cKDTree(edges).query(centres[wanted])[0]) if len(edges) else np.full(int(wanted.sum()), np.inf)
    return Thickness(centres[wanted], mm, body.face_normals[wanted] @ occlusal, away)


def regions_of(walls: Thickness, occlusal: Floats, fdi: int) -> dict[Region, Mask]:
    """Tell the walls of a restoration apart, each ``(n,) bool`` over its outer faces.

    ``margin`` is the strip along the edge; the rest is ``axial``, or, where it faces up, ``incisal`` on front teeth and
    ``occlusal`` on back teeth; of the latter, ``cusp`` and ``fissure`` stand out of or lie below what is round about.
    """
    strip = walls.from_margin_mm <= estimate("margin_strip").need("value")
    up = ~strip & (walls.upright > UPRIGHT)
    axial = ~strip & ~up
    none = np.zeros_like(up)
    if is_anterior(fdi):
        return {"incisal": up, "occlusal": none, "cusp": none, "fissure": none, "axial": axial, "margin": strip}
    rise = _rise(walls.points, occlusal)
    step = estimate("relief_step").need("value")
    return {
        "incisal": none,
        "occlusal": up,
        "cusp": up & (rise > step),
        "fissure": up & (rise < -step),
        "axial": axial,
        "margin": strip,
    }


def _rise(points: Points, occlusal: Floats) -> Floats:
    """How far each place stands above the mean of what lies within ``AROUND_MM``, mm."""
    from scipy.spatial import cKDTree

    height = points @ occlusal
    around = cKDTree(points).query_ball_point(points, AROUND_MM)
    return np.asarray(height - np.array([height[near].mean() for near in around]))


def seam_edges(built: Built) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Edges between new outer surface and tooth side: vertex pairs ``(e, 2)``, outer face, inner face."""
    return _seam_edges(built.body, built.outer)


def _seam_edges(body: Mesh, outer: Mask) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    faces = body.faces.astype(np.int64)
    directed = faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
    key = directed.min(axis=1) * (len(body.vertices) + 1) + directed.max(axis=1)
    order = np.argsort(key, kind="stable")
    first, second = order[0::2], order[1::2]  # each edge of a watertight body has exactly two faces
    a, b = first // 3, second // 3
    crossing = outer[a] != outer[b]
    a, b, pair = a[crossing], b[crossing], directed[first[crossing]]
    outer_face = np.where(outer[a], a, b)
    return pair, outer_face, np.where(outer[a], b, a)


def _seam(body: Mesh, outer: Mask) -> Points:
    pair, _, _ = _seam_edges(body, outer)
    points = body.vertices[pair]
    return np.concatenate([points[:, 0], points.mean(axis=1)])
