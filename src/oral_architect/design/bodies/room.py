"""Move an outer form outward where it leaves too little wall over the intaglio."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry import Mesh, Points

from .cavity import Cavity
from .line import Line

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

RISE = 0.3
"""Beside the finish line a wall may be as thin as this share of the distance to the line."""
ROUNDS = 5


def wanted_wall(points: Points, line: Line, least_mm: Floats | float) -> Floats:
    """Least wall asked for at places ``(n, 3) mm``, falling to nothing at the finish line, ``(n,) mm``."""
    away, _ = line.nearest(points)
    return np.minimum(least_mm, RISE * away)


def moved_outward(mesh: Mesh, cavity: Cavity, line: Line, least_mm: Floats | float, *, fixed: Ints) -> Points:
    """Return the vertices of an outer surface, moved along their normals until each leaves a wall.

    The move is spread over the neighbourhood, so that the form stays smooth.

    Parameters
    ----------
    mesh
        Outer surface, mm, in the frame of the cavity.
    cavity
        What is kept clear.
    line
        The finish line; the wall may thin out toward it.
    least_mm
        Wall asked for, one figure or one a vertex.
    fixed
        Vertices that stay.
    """
    edges, _ = mesh.edge_table
    points = np.array(mesh.vertices)
    for _ in range(ROUNDS):
        lacking = wanted_wall(points, line, least_mm) - cavity.clearance_mm(points)
        lacking[fixed] = 0.0
        if lacking.max() <= 1e-4:
            break
        push = _spread(np.maximum(lacking, 0.0), edges)
        push[fixed] = 0.0
        points = points + push[:, None] * Mesh(points, mesh.faces).vertex_normals
    return points


def _spread(push: Floats, edges: Ints) -> Floats:
    """Let a push fall off over the neighbours instead of ending in a step; nowhere less than asked."""
    out = push
    for share in (0.7, 0.6, 0.5, 0.4):
        most = np.zeros_like(out)
        np.maximum.at(most, edges[:, 0], out[edges[:, 1]])
        np.maximum.at(most, edges[:, 1], out[edges[:, 0]])
        out = np.maximum(out, share * most)
    return out
