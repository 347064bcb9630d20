"""Loss of substance as a surface that moves inwards: erosion, thinning, pits and grooves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from oral_architect.geometry.mesh import Mesh, Points

from .crown_parts import CrownParts

_SHARE_OF_THICKNESS = 0.3
"""Opposite walls may not meet: no place sinks deeper than this share of the tooth beneath it."""
_NORMAL_SMOOTHINGS = 3
_UNFOLDINGS = 12


def sink(parts: CrownParts, mesh: Mesh, depth_mm: NDArray[np.float64], steps: int = 4, smoothing: float = 0.0) -> Mesh:
    """Move a surface inwards, the normals following it; vertices with no depth stay where they are.

    Parameters
    ----------
    parts
        The intact crown, which bounds how deep a place may sink.
    mesh
        The crown, refined where detail is wanted.
    depth_mm
        ``(n,) float, mm`` per vertex of ``mesh``.
    steps
        The move is made in this many steps.
    smoothing
        0 to 1: how much edges round off at each step, in proportion to their depth.
    """
    moving = depth_mm > 1e-4
    neighbours = neighbour_mean(mesh)
    thickness = parts.thickness_mm(mesh.vertices, mesh.vertex_normals)
    # A single ray may slip past a thin wall: the neighbourhood has its say too.
    thickness = np.minimum(thickness, neighbours @ (neighbours @ thickness))
    depth = np.where(moving, np.minimum(depth_mm, _SHARE_OF_THICKNESS * thickness), 0.0)
    rounding = smoothing * depth / max(float(depth.max()), 1e-9)
    vertices = mesh.vertices
    for _ in range(steps):
        outward = Mesh(vertices, mesh.faces).vertex_normals
        for _ in range(_NORMAL_SMOOTHINGS):
            outward = outward + neighbours @ outward
        outward /= np.maximum(np.linalg.norm(outward, axis=1, keepdims=True), 1e-9)
        moved = vertices - outward * (depth / steps)[:, None]
        moved += rounding[:, None] * (neighbours @ moved - moved)
        vertices = np.where(moving[:, None], moved, vertices)
    return Mesh(_unfolded(mesh, vertices, moving, neighbours), mesh.faces)


def _unfolded(mesh: Mesh, vertices: Points, moving: NDArray[np.bool_], neighbours: csr_array) -> Points:
    """Even out places where the sunken surface has turned over, as it may where it was sharp."""
    reference = mesh.vertex_normals
    for _ in range(_UNFOLDINGS):
        normals = Mesh(vertices, mesh.faces).face_normals
        smooth = reference[mesh.faces].sum(axis=1)
        turned = ((normals * smooth).sum(axis=1) < 0.15 * np.linalg.norm(smooth, axis=1)) & moving[mesh.faces].any(
            axis=1
        )
        if not turned.any():
            break
        folded = np.zeros(len(vertices))
        folded[mesh.faces[turned]] = 1.0
        soften = ((neighbours @ folded + folded) > 0) & moving
        vertices = np.where(soften[:, None], 0.4 * vertices + 0.6 * (neighbours @ vertices), vertices)
    return vertices


def neighbour_mean(mesh: Mesh) -> csr_array:
    """``(n, n)`` sparse: takes the mean over the neighbours of each vertex."""
    starts, ends = mesh.faces.ravel(), mesh.faces[:, [1, 2, 0]].ravel()
    n = len(mesh.vertices)
    run = csr_array((np.ones(len(starts)), (starts, ends)), shape=(n, n))
    both = csr_array(run + run.T)
    degree = np.diff(both.indptr)
    both.data = np.repeat(1.0 / np.maximum(degree, 1), degree)
    return both


def smooth_step(x: Points, start: float, end: float) -> NDArray[np.float64]:
    """0 up to ``start``, 1 from ``end`` on, smooth between."""
    t = np.clip((x - start) / (end - start), 0.0, 1.0)
    return np.asarray(t * t * (3 - 2 * t))
