"""Points spread evenly over a surface, the same ones every time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .mesh import Mesh, Points


def surface_points(mesh: Mesh, spacing_mm: float) -> tuple[Points, Points]:
    """Return a lattice of points on every face, no further apart than ``spacing_mm`` along its edges.

    Returns
    -------
    (n, 3) float, mm and (n, 3) float
        Points, in the order of the faces' lattice size, then of the faces, and the normals of their faces.
    """
    if len(mesh.faces) == 0:
        return np.zeros((0, 3)), np.zeros((0, 3))
    corners = mesh.vertices[mesh.faces]
    longest = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(axis=1)
    pieces = np.maximum(1, np.ceil(longest / spacing_mm)).astype(np.int64)
    points, normals = [], []
    for n in np.unique(pieces):
        weights, chosen = _lattice(int(n)), pieces == n
        points.append(np.einsum("bk,fkd->fbd", weights, corners[chosen]).reshape(-1, 3))
        normals.append(np.repeat(mesh.face_normals[chosen], len(weights), axis=0))
    return np.concatenate(points), np.concatenate(normals)


def _lattice(n: int) -> NDArray[np.float64]:
    """Barycentric weights of a face cut into ``n`` pieces along each edge, ``((n+1)(n+2)/2, 3)``."""
    i, j = np.mgrid[0 : n + 1, 0 : n + 1]
    keep = (i + j) <= n
    u, v = i[keep] / n, j[keep] / n
    return np.column_stack([u, v, 1.0 - u - v])
