"""The plain comparison: a lost region closed like a thin plate bent from its rim, knowing nothing of teeth."""

from __future__ import annotations

import numpy as np

from oral_architect.geometry import Mask, Mesh, Points
from oral_architect.geometry.closest import Surface

HELD_MM = 0.35
"""Points this near to remaining surface lie on it."""
ABOVE_LINE_MM = 0.5
"""The wall this far above a finish line gives the plate its slope."""


def smooth_fill(mesh: Mesh, closed: Mask, line: Points | None, left: Mesh | None) -> Mesh | None:
    """Return a crown whose unknown part is a thin plate (bilaplacian) through what is known; ``None`` if nothing is.

    Parameters
    ----------
    mesh
        Closed crown that gives the point order, and the surface where it is known.
    closed
        ``(n,) bool``: its base.
    line
        ``(k, 3) mm``: finish line.
    left
        Remaining tooth surface.
    """
    from scipy.sparse import csc_array, csr_array
    from scipy.sparse.linalg import factorized
    from scipy.spatial import cKDTree

    held = closed.copy()
    points = mesh.vertices.copy()
    if line is not None:
        distance, _ = cKDTree(line).query(points)
        held |= distance < ABOVE_LINE_MM
    if left is not None:
        surface = Surface(left)
        near = surface.nearest(points)
        facing = (left.face_normals[near.faces] * mesh.vertex_normals).sum(axis=1) > 0.3
        on = (near.distance_mm < HELD_MM) & facing & ~closed
        points[on] = near.points[on]
        held |= on
    if (line is None and left is None) or held.all():
        return None
    edges, _ = mesh.edge_table
    n = len(points)
    both = np.concatenate([edges, edges[:, ::-1]])
    degree = np.bincount(both[:, 0], minlength=n).astype(np.float64)
    rows, columns = np.concatenate([both[:, 0], np.arange(n)]), np.concatenate([both[:, 1], np.arange(n)])
    laplacian = csr_array((np.concatenate([np.full(len(both), -1.0), degree]), (rows, columns)), shape=(n, n))
    plate = csr_array(laplacian @ laplacian)
    free, known = np.flatnonzero(~held), np.flatnonzero(held)
    solve = factorized(csc_array(plate[free][:, free]))
    right = -(plate[free][:, known] @ points[known])
    points[free] = np.stack([solve(right[:, i]) for i in range(3)], axis=1)
    return Mesh(points, mesh.faces)
