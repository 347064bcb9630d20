"""How thick a body's walls are over its intaglio, and moving its outer form out where they are too thin."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oral_architect.errors import StageError
from oral_architect.geometry import Mesh
from oral_architect.geometry.closest import Surface

from .crossing import crossings
from .document import Body

Floats = NDArray[np.float64]

RISE = 0.6
"""Beside the margin a wall may be as thin as this share of the distance to it."""
ROUNDS = 6


def wall_mm(body: Body) -> Floats:
    """Distance ``(vertices,) mm`` from each vertex of the outer side to the intaglio; ``nan`` elsewhere."""
    out = np.full(len(body.mesh.vertices), np.nan)
    mine = np.unique(body.mesh.faces[body.outer])
    out[mine] = Surface(body.mesh.part(body.intaglio)[0]).nearest(body.mesh.vertices[mine]).distance_mm
    return out


def thicken_outward(body: Body, least_mm: Floats | float) -> Body:
    """Return the body with its outer side moved out until its walls are as thick as asked for.

    The intaglio and the margin stay. Within ``least_mm / 0.6`` of the margin the wall rises to its thickness.

    Parameters
    ----------
    body
        A closed body.
    least_mm
        Wall wanted, one figure or ``(vertices,)``.

    Raises
    ------
    StageError
        When the thickened body would cut through itself.
    """
    faces, points = body.mesh.faces, np.array(body.mesh.vertices)
    inner = Surface(body.mesh.part(body.intaglio)[0])
    mine = np.zeros(len(points), dtype=np.bool_)
    mine[np.unique(faces[body.outer])] = True
    mine[np.unique(faces[~body.outer])] = False
    from_edge = _from_margin(body)
    wanted = np.where(mine, np.minimum(least_mm, RISE * from_edge), 0.0)
    edges, _ = body.mesh.edge_table
    for _ in range(ROUNDS):
        lacking = np.zeros(len(points))
        lacking[mine] = wanted[mine] - inner.nearest(points[mine]).distance_mm
        if lacking.max() < 1e-4:
            break
        push = np.maximum(lacking, 0.0)
        for share in (0.7, 0.5):
            most = push.copy()
            np.maximum.at(most, edges[:, 0], share * push[edges[:, 1]])
            np.maximum.at(most, edges[:, 1], share * push[edges[:, 0]])
            push = most
        push[~mine] = 0.0
        points = points + push[:, None] * Mesh(points, faces).vertex_normals
    mesh = Mesh(points, faces)
    if len(crossings(mesh)):
        raise StageError(
            "thickened outward, the body would cut through itself", where="body", todo="Reduce the preparation more."
        )
    far = float(np.linalg.norm(points - body.mesh.vertices, axis=1).max())
    note = f"Thickened outward by up to {far:.2f} mm."
    notes = (*body.notes, note) if far > 1e-3 else body.notes
    return Body(mesh, body.outer, body.intaglio, mesh.part(body.outer)[0], body.route, notes)


def _from_margin(body: Body) -> Floats:
    from scipy.spatial import cKDTree

    faces = body.mesh.faces
    edge = np.intersect1d(np.unique(faces[body.outer]), np.unique(faces[~body.outer]))
    if len(edge) == 0:
        return np.full(len(body.mesh.vertices), np.inf)
    return np.asarray(cKDTree(body.mesh.vertices[edge]).query(body.mesh.vertices, workers=1)[0])
