"""How thick new material is, wall by wall."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry import Points
from oral_architect.geometry.closest import Surface

from .solid import Built

Floats = NDArray[np.float64]


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
    from scipy.spatial import cKDTree

    body, outer = built.body, built.outer
    centres = body.vertices[body.faces].mean(axis=1)
    real = body.face_areas > 1e-6
    wanted = outer & real
    inner, _ = body.part(~outer)
    mm = Surface(inner).nearest(centres[wanted]).distance_mm if len(inner.faces) else np.full(int(wanted.sum()), np.inf)
    edges = _seam(built)
    away = np.asarray(cKDTree(edges).query(centres[wanted])[0]) if len(edges) else np.full(int(wanted.sum()), np.inf)
    return Thickness(centres[wanted], mm, body.face_normals[wanted] @ occlusal, away)


def seam_edges(built: Built) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Edges between new outer surface and tooth side: vertex pairs ``(e, 2)``, outer face, inner face."""
    faces = built.body.faces.astype(np.int64)
    directed = faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
    key = directed.min(axis=1) * (len(built.body.vertices) + 1) + directed.max(axis=1)
    order = np.argsort(key, kind="stable")
    first, second = order[0::2], order[1::2]  # each edge of a watertight body has exactly two faces
    a, b = first // 3, second // 3
    crossing = built.outer[a] != built.outer[b]
    a, b, pair = a[crossing], b[crossing], directed[first[crossing]]
    outer_face = np.where(built.outer[a], a, b)
    return pair, outer_face, np.where(built.outer[a], b, a)


def _seam(built: Built) -> Points:
    pair, _, _ = seam_edges(built)
    points = built.body.vertices[pair]
    return np.concatenate([points[:, 0], points.mean(axis=1)])
