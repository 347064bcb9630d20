"""Gather and scatter kernels for training on CPU."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]


@njit(cache=True)
def gather_max(x: Floats, index: Ints) -> tuple[Floats, Ints]:
    """Maximum over ``x[index]`` along axis 1 and the row that won, both ``(n, c)``."""
    n, k = index.shape
    c = x.shape[1]
    best = np.empty((n, c), np.float32)
    winner = np.empty((n, c), np.int32)
    for i in range(n):
        j = index[i, 0]
        for q in range(c):
            best[i, q] = x[j, q]
            winner[i, q] = j
        for m in range(1, k):
            j = index[i, m]
            for q in range(c):
                if x[j, q] > best[i, q]:
                    best[i, q] = x[j, q]
                    winner[i, q] = j
    return best, winner


@njit(cache=True)
def scatter_winner(grad: Floats, winner: Ints, rows: int) -> Floats:
    """Send each gradient to the row that won, ``(rows, c)``."""
    n, c = grad.shape
    out = np.zeros((rows, c), np.float32)
    for i in range(n):
        for q in range(c):
            out[winner[i, q], q] += grad[i, q]
    return out


@njit(cache=True)
def scatter_weighted(grad: Floats, index: Ints, weight: Floats, rows: int) -> Floats:
    """Send weighted gradients to three rows each, ``(rows, c)``."""
    n, k = index.shape
    c = grad.shape[1]
    out = np.zeros((rows, c), np.float32)
    for i in range(n):
        for m in range(k):
            j, w = index[i, m], weight[i, m]
            for q in range(c):
                out[j, q] += w * grad[i, q]
    return out
