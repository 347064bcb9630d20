"""The wanted outer form: the expected crown over the lost region, running smoothly into the remaining surface."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry import Mask, Mesh
from oral_architect.geometry.closest import Surface

Floats = NDArray[np.float64]

BLEND_MM = 1.2
"""Strip around the lost region over which the new surface sinks into the sound one."""
SINK_MM = 0.06
"""How deep the form is drawn into sound tooth, so that nothing is built there."""


@dataclass(frozen=True, eq=False)
class Form:
    """A closed wanted form.

    ``mesh`` closed, mm; ``new`` ``(n,)`` 0 to 1: how far a vertex belongs to the new surface (1) or is drawn into
    sound tooth (0).
    """

    mesh: Mesh
    new: Floats


def wanted_form(expected: Mesh, closed: Mask, crown: Mesh, defect: Mask, least_mm: float = 0.0) -> Form:
    """Return the expected crown where substance is lost, drawn into the tooth where it is sound.

    Parameters
    ----------
    expected
        Closed expected crown, mm.
    closed
        ``(n,) bool``: its points that stand for no tooth surface.
    crown
        The scanned crown, open, same frame.
    defect
        ``(m,) bool`` over the crown's vertices: lost region.
    least_mm
        Within it the form counts as new where it stands farther than this above the tooth.
    """
    mesh, is_closed = subdivided(expected, closed)
    surface = Surface(crown)
    near = surface.nearest(mesh.vertices)
    over = defect[crown.faces[near.faces]].any(axis=1)
    normals = mesh.vertex_normals
    above = ((mesh.vertices - near.points) * normals).sum(axis=1)
    over &= (above > least_mm) & ~is_closed
    new = _falling_off(mesh, over)
    inward = crown.vertex_normals
    smooth = surface.interpolate(inward, near)
    smooth /= np.maximum(np.linalg.norm(smooth, axis=1, keepdims=True), 1e-9)
    sunk = near.points - SINK_MM * smooth
    # where the form already lies deeper than that, it may stay
    deeper = surface.signed(mesh.vertices, near) < -SINK_MM
    sunk[deeper] = mesh.vertices[deeper]
    centre = crown.vertices.mean(axis=0)
    sunk[is_closed] = centre + 0.8 * (mesh.vertices[is_closed] - centre)
    new[is_closed] = 0.0
    weight = new[:, None]
    return Form(Mesh(weight * mesh.vertices + (1 - weight) * sunk, mesh.faces), new)


def subdivided(mesh: Mesh, flags: Mask) -> tuple[Mesh, Mask]:
    """Split every face in four; a new vertex has a flag when both ends of its edge have."""
    edges, _ = mesh.edge_table
    n = len(mesh.vertices)
    key = edges[:, 0] * n + edges[:, 1]
    corner = mesh.faces.astype(np.int64)
    middles = []
    for i, j in ((0, 1), (1, 2), (2, 0)):
        pair = np.sort(corner[:, [i, j]], axis=1)
        middles.append(n + np.searchsorted(key, pair[:, 0] * n + pair[:, 1]))
    a, b, c = corner.T
    ab, bc, ca = middles
    faces = np.concatenate([np.stack(t, axis=1) for t in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))])
    vertices = np.concatenate([mesh.vertices, mesh.vertices[edges].mean(axis=1)])
    return Mesh(vertices, faces.astype(np.int32)), np.concatenate([flags, flags[edges].all(axis=1)])


def _falling_off(mesh: Mesh, over: Mask) -> Floats:
    """1 over the lost region, then a smooth fall to 0 within the blend strip, by distance."""
    from scipy.spatial import cKDTree

    if not over.any():
        return np.zeros(len(over))
    away, _ = cKDTree(mesh.vertices[over]).query(mesh.vertices)
    t = np.clip(1 - away / BLEND_MM, 0.0, 1.0)
    return np.asarray(t * t * (3 - 2 * t))
