"""Turn a scanned surface into the small multi-scale graph the network reads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from oral_architect.geometry import Mesh
from oral_architect.geometry.neighbours import k_nearest

SPACING_MM = 0.8
"""Cell size of the finest level: scans of any density are read at about this spacing."""
CELL_MM = (1.6, 3.2, 6.4)
"""Cell size of each coarser level."""
NEIGHBOURS = 12
POOLED = 10
BENDS = (1, 3, 8, 20)
"""Smoothing steps at which bending is measured: about 1.2, 2, 3.5 and 5.5 mm."""
SCALE_MM = 25.0
FEATURES = 6 + len(BENDS)


@dataclass(frozen=True, eq=False)
class ScanGraph:
    """A thinned scan at four scales.

    Index arrays point within a level, or from a level to the one named.
    """

    points: NDArray[np.float64]
    """``(n, 3) float, mm``, scan frame."""
    normals: NDArray[np.float64]
    """``(n, 3) float``, outward."""
    bends: NDArray[np.float32]
    """``(n, 4) float``: how far each vertex stands out of its surroundings, at growing scales, mm."""
    members: tuple[NDArray[np.int32], ...]
    """For levels 1-3: ``(n_l,) int``, the vertex of level 0 that stands for the node."""
    near: tuple[NDArray[np.int32], ...]
    """For levels 0-3: ``(n_l, k) int``, neighbours in the same level."""
    pool: tuple[NDArray[np.int32], ...]
    """For levels 1-3: ``(n_l, k) int``, nodes of the finer level it gathers."""
    lift: tuple[NDArray[np.int32], ...]
    """For levels 0-2: ``(n_l, 3) int``, nodes of the coarser level it is filled from."""
    lift_weight: tuple[NDArray[np.float32], ...]
    """For levels 0-2: ``(n_l, 3) float``."""


def sample_surface(
    mesh: Mesh, beside: NDArray[np.float64] | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return evenly spaced points of a surface and their outward normals, both ``(n, 3) float``.

    Parameters
    ----------
    mesh
        The scan, mm.
    beside
        ``(k, 3) float``, points of an earlier sampling: this one lies half a cell aside and takes vertices that were
        left out then, so that the two together stand on nearly every vertex of a scan of usual density.
    """
    used = np.bincount(mesh.faces.ravel(), minlength=len(mesh.vertices)) > 0
    extra, extra_normals = _between(mesh)
    corners = mesh.vertices[used]
    points = np.concatenate([corners, extra])
    weighted = np.concatenate([mesh.vertex_normals[used], extra_normals])
    if beside is None:
        group = _cells(points, SPACING_MM)
        chosen = _one_per_group(points, group, np.zeros(len(points)))
    else:
        group = _cells(points, SPACING_MM, 0.5)
        taken = k_nearest(beside, corners, 1)[0][:, 0] == 0
        last = np.concatenate([np.where(taken, 2.0, 0.0), np.ones(len(extra))])
        chosen = _one_per_group(points, group, last)
    count = int(group.max()) + 1
    total = np.stack([np.bincount(group, weighted[:, i], count) for i in range(3)], 1).astype(np.float64)
    return points[chosen], total / (np.linalg.norm(total, axis=1, keepdims=True) + 1e-12)


def _between(mesh: Mesh) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points inside faces too large for their corners to stand for them, with the face normals."""
    corners, normals = mesh.vertices[mesh.faces], mesh.face_normals
    points, directions = [np.zeros((0, 3))], [np.zeros((0, 3))]
    for _ in range(6):
        sides = np.linalg.norm(corners - np.roll(corners, -1, axis=1), axis=2)
        large = sides.max(1) > 1.5 * SPACING_MM
        if not large.any():
            break
        corners, normals, sides = corners[large], normals[large], sides[large]
        k, i = sides.argmax(1), np.arange(len(corners))
        a, b, c = corners[i, k], corners[i, (k + 1) % 3], corners[i, (k + 2) % 3]
        middle = (a + b) / 2
        points.append(middle)
        directions.append(normals)
        corners = np.concatenate([np.stack([a, middle, c], 1), np.stack([middle, b, c], 1)])
        normals = np.concatenate([normals, normals])
    return np.concatenate(points), np.concatenate(directions)


def build_graph(points: NDArray[np.float64], normals: NDArray[np.float64]) -> ScanGraph:
    """Build the graph of a sampled surface (see :func:`sample_surface`)."""
    near = [_nearest(points, points, NEIGHBOURS)]
    members, pool, lift, weights = [], [], [], []
    finer_points = points
    finer_ids = np.arange(len(points), dtype=np.int32)
    for cell in CELL_MM:
        chosen = _one_per_group(finer_points, _cells(finer_points, cell), np.zeros(len(finer_points)))
        ids = finer_ids[chosen]
        level_points = points[ids]
        pool.append(_nearest(finer_points, level_points, POOLED))
        near.append(_nearest(level_points, level_points, NEIGHBOURS))
        distance, index = k_nearest(level_points, finer_points, 3)
        weight = 1.0 / (distance + 0.05 * cell)
        lift.append(_padded(index, 3))
        full = np.zeros((len(finer_points), 3), np.float32)
        full[:, : weight.shape[1]] = weight / weight.sum(1, keepdims=True)
        weights.append(full)
        members.append(ids)
        finer_points, finer_ids = level_points, ids
    return ScanGraph(
        points,
        normals,
        _bends(points, normals, near[0]),
        tuple(members),
        tuple(near),
        tuple(pool),
        tuple(lift),
        tuple(weights),
    )


def features(graph: ScanGraph, rotation: NDArray[np.float64], centre: NDArray[np.float64]) -> NDArray[np.float32]:
    """Node features of level 0 in a trial pose, ``(n, 10) float32``.

    Parameters
    ----------
    graph
        The thinned scan.
    rotation
        ``(3, 3)``: scan frame to trial frame (+z occlusal, +y anterior).
    centre
        ``(3,) mm``: scan-frame point that becomes the origin.
    """
    position = (graph.points - centre) @ rotation.T / SCALE_MM
    normal = graph.normals @ rotation.T
    return np.concatenate([position, normal, graph.bends], axis=1).astype(np.float32)


def _bends(points: NDArray[np.float64], normals: NDArray[np.float64], near: NDArray[np.int32]) -> NDArray[np.float32]:
    n, k = near.shape
    link = sparse.csr_matrix((np.full(n * k, 1 / k), (np.repeat(np.arange(n), k), near.ravel())), shape=(n, n))
    smooth = points
    found = []
    for step in range(1, max(BENDS) + 1):
        smooth = link @ smooth
        if step in BENDS:
            found.append(((points - smooth) * normals).sum(1) / np.sqrt(step))
    return np.asarray(np.clip(np.stack(found, 1) * 3, -2, 2), dtype=np.float32)


def _cells(points: NDArray[np.float64], cell_mm: float, shift: float = 0.0) -> NDArray[np.int64]:
    """Number of the occupied cell each point lies in; the grid is shifted by a part of a cell."""
    cells = np.floor((points - points.min(0)) / cell_mm + shift).astype(np.int64)
    key = (cells[:, 0] * 65536 + cells[:, 1]) * 65536 + cells[:, 2]
    return np.asarray(np.unique(key, return_inverse=True)[1])


def _one_per_group(
    points: NDArray[np.float64], group: NDArray[np.int64], last: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Index of one point per group: of those with the least ``last`` the one nearest to the group's mean."""
    count = np.bincount(group)
    mean = np.stack([np.bincount(group, points[:, i]) / count for i in range(3)], 1)
    away = ((points - mean[group]) ** 2).sum(1)
    order = np.lexsort((away, last, group))
    first = np.concatenate([[0], np.cumsum(count)[:-1]])
    return np.asarray(order[first])


def _nearest(points: NDArray[np.float64], queries: NDArray[np.float64], k: int) -> NDArray[np.int32]:
    return _padded(k_nearest(points, queries, k)[1], k)


def _padded(index: NDArray[np.int64], k: int) -> NDArray[np.int32]:
    if index.shape[1] < k:
        index = np.concatenate([index, np.repeat(index[:, :1], k - index.shape[1], axis=1)], axis=1)
    return index.astype(np.int32)
