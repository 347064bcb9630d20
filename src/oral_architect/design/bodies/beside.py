"""Which side of a line drawn on a surface each of its places lies on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from oral_architect.errors import StageError
from oral_architect.geometry import Mesh

from .line import Line

Floats = NDArray[np.float64]

BAND_MM = 0.7
"""Within this distance of the line the side is read from line and normal; beyond, from the neighbours."""
APART_MM = 0.8
"""A line whose points lie farther than this from the surface is not drawn on it."""


def beside_line(mesh: Mesh, line: Line) -> Floats:
    """Signed distance ``(n,) mm`` of the vertices to a line, positive on its left seen from outside.

    Raises
    ------
    StageError
        When the line does not lie on the surface, or does not part it.
    """
    from oral_architect.geometry.closest import Surface

    apart = float(np.percentile(Surface(mesh).nearest(line.points).distance_mm, 95))
    if apart > APART_MM:
        raise StageError(
            f"the finish line lies {apart:.1f} mm away from the outer form",
            where="body",
            todo="Give an outer form that meets the remaining tooth.",
        )
    away, along = line.nearest(mesh.vertices)
    left = np.cross(mesh.vertex_normals, line.tangents(along))
    side = np.sign(((mesh.vertices - line.at(along)) * left).sum(axis=1))
    side[side == 0] = 1.0
    far = away > BAND_MM
    edges, _ = mesh.edge_table
    both = far[edges].all(axis=1)
    n = len(mesh.vertices)
    graph = coo_matrix((np.ones(int(both.sum())), tuple(edges[both].T)), shape=(n, n))
    count, part = connected_components(graph, directed=False)
    # each far piece takes the side of the band around it
    rim = edges[far[edges[:, 0]] != far[edges[:, 1]]]
    outside = np.where(far[rim[:, 0]], rim[:, 0], rim[:, 1])
    inside = np.where(far[rim[:, 0]], rim[:, 1], rim[:, 0])
    votes = np.bincount(part[outside], weights=side[inside], minlength=count)
    side[far] = np.where(votes[part[far]] >= 0, 1.0, -1.0)
    field = side * away
    if not (field > 0).any() or not (field < 0).any():
        raise StageError("the finish line does not part the outer form", where="body", todo="Check line and form.")
    return np.asarray(field)
