"""Make a surface coarser when it is finer than anything downstream can use."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry import Mesh
from oral_architect.scan.topology import Ints

_QUADRIC_LIMIT = 7_000_000
"""Faces that quadric decimation takes within the memory a scan is given; beyond, a grid goes first."""


def decimate(mesh: Mesh, faces: int) -> tuple[Mesh, Ints]:
    """Reduce to about ``faces`` faces by quadric error.

    Source: Garland and Heckbert 1997, by fast-simplification. Before it, surfaces beyond seven million
    faces are clustered on a grid of about their mean edge (Rossignac and Borrel 1993).

    Returns
    -------
    Mesh, (n,) int
        The coarser surface, and for each vertex of ``mesh`` the nearest vertex of it.
    """
    import fast_simplification
    from scipy.spatial import cKDTree

    fine = _clustered(mesh) if len(mesh.faces) > _QUADRIC_LIMIT else mesh
    centre = fine.vertices.mean(axis=0)
    points, triangles = fast_simplification.simplify(
        (fine.vertices - centre).astype(np.float32), fine.faces, target_count=min(faces, len(fine.faces) - 1)
    )
    used, corners = np.unique(triangles, return_inverse=True)
    coarse = Mesh(np.asarray(points, dtype=np.float64)[used] + centre, corners.reshape(-1, 3).astype(np.int32))
    nearest = cKDTree(coarse.vertices).query(mesh.vertices)[1]
    return coarse, np.asarray(nearest, dtype=np.int64)


def _clustered(mesh: Mesh) -> Mesh:
    """Merge the vertices of each grid cell into their mean, with the finest grid that is coarse enough."""
    edge = mesh.vertices[mesh.faces[:, 0]] - mesh.vertices[mesh.faces[:, 1]]
    cell = float(np.linalg.norm(edge, axis=1).mean()) * 0.7
    while True:
        coarse = _on_grid(mesh, cell)
        if len(coarse.faces) <= _QUADRIC_LIMIT:
            return coarse
        cell *= 1.3


def _on_grid(mesh: Mesh, cell: float) -> Mesh:
    places = np.floor((mesh.vertices - mesh.vertices.min(axis=0)) / cell).astype(np.int64)
    size = places.max(axis=0) + 1
    keys = (places[:, 0] * size[1] + places[:, 1]) * size[2] + places[:, 2]
    _, cells, counts = np.unique(keys, return_inverse=True, return_counts=True)
    points = np.stack([np.bincount(cells, weights=mesh.vertices[:, axis]) for axis in range(3)], axis=1)
    faces = cells[mesh.faces].astype(np.int32)
    return Mesh(points / counts[:, None], faces[_distinct(faces)])


def _distinct(faces: NDArray[np.int32]) -> NDArray[np.bool_]:
    return np.asarray((faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 2] != faces[:, 0]))
