"""Nearest points among points."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree


def k_nearest(
    points: NDArray[np.float64], queries: NDArray[np.float64], k: int, *, within_mm: float = np.inf
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Find the ``k`` nearest points of each query.

    Parameters
    ----------
    points, queries
        ``(n, d) float`` and ``(m, d) float``, mm.
    k
        How many; fewer are returned when there are fewer points.
    within_mm
        Farther points are not found: distance infinite, index ``n``.

    Returns
    -------
    (m, k) float mm, (m, k) int
        Distances, nearest first, and indices into ``points``.
    """
    k = min(k, len(points))
    distance, index = cKDTree(points).query(queries, k=k, distance_upper_bound=within_mm, workers=1)
    shape = (len(queries), k)
    return np.asarray(distance).reshape(shape), np.asarray(index, dtype=np.int64).reshape(shape)
