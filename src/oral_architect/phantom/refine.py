"""Finer triangles where a detail needs them, without moving the surface or opening a seam."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry.mesh import Mesh, Points

LengthField = Callable[[Points], NDArray[np.float64]]

# For each pattern of split edges (bit i: the edge from corner i to corner i + 1), the triangles that replace
# the face; 0-2 are its corners and 3-5 the midpoints of its edges.
_PATTERNS: tuple[tuple[tuple[int, int, int], ...], ...] = (
    ((0, 1, 2),),
    ((0, 3, 2), (3, 1, 2)),
    ((0, 1, 4), (0, 4, 2)),
    ((0, 3, 2), (3, 4, 2), (3, 1, 4)),
    ((0, 1, 5), (5, 1, 2)),
    ((0, 3, 5), (3, 1, 5), (5, 1, 2)),
    ((0, 1, 5), (5, 1, 4), (5, 4, 2)),
    ((0, 3, 5), (3, 1, 4), (5, 4, 2), (3, 4, 5)),
)


def refine(mesh: Mesh, target_mm: LengthField, passes: int = 4) -> Mesh:
    """Halve edges until none is longer than asked for at its ends.

    The old vertices keep their place and their numbers; new ones lie on the old edges, so the surface is the same.

    Parameters
    ----------
    mesh
        Any mesh; a closed one stays closed.
    target_mm
        Longest edge wanted at places ``(n, 3) mm``, ``(n,) float, mm``; ``inf`` where the mesh may stay as it is.
    passes
        How often an edge may be halved.
    """
    vertices, faces, target = mesh.vertices, mesh.faces.astype(np.int64), target_mm(mesh.vertices)
    for _ in range(passes):
        corner_edges = np.sort(np.stack([faces, np.roll(faces, -1, axis=1)], axis=2), axis=2)
        keys = corner_edges[..., 0] * len(vertices) + corner_edges[..., 1]
        unique, inverse = np.unique(keys.ravel(), return_inverse=True)
        ends = np.stack([unique // len(vertices), unique % len(vertices)], axis=1)
        length = np.linalg.norm(vertices[ends[:, 0]] - vertices[ends[:, 1]], axis=1)
        split = length > target[ends].min(axis=1)
        if not split.any():
            break
        new_index = np.full(len(unique), -1)
        new_index[split] = len(vertices) + np.arange(int(split.sum()))
        faces = _split_faces(faces, new_index[inverse].reshape(-1, 3))
        added = vertices[ends[split]].mean(axis=1)
        vertices, target = np.concatenate([vertices, added]), np.concatenate([target, target_mm(added)])
    return Mesh(vertices, faces.astype(np.int32))


def _split_faces(faces: NDArray[np.int64], midpoints: NDArray[np.int64]) -> NDArray[np.int64]:
    pattern = (midpoints >= 0) @ np.array([1, 2, 4])
    corners = np.concatenate([faces, midpoints], axis=1)
    parts = [corners[pattern == i][:, np.array(t)].reshape(-1, 3) for i, t in enumerate(_PATTERNS)]
    return np.concatenate(parts)
