"""The cheapest closed path through a ring of columns, one state a column."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_ROUNDS = 3


def closed_path(cost: NDArray[np.float64], stiffness: float, reach: int) -> NDArray[np.int64]:
    """Choose one state of every column so that cost and jumps between neighbours are least.

    Dynamic programming over three rounds of the ring, of which the middle one is kept, where the ends no longer matter.

    Parameters
    ----------
    cost
        ``(n, m)``: cost of each state of each column; infinite where a state is forbidden.
    stiffness
        Cost of a jump by one state; grows with the square.
    reach
        Longest jump between neighbouring columns, states.

    Returns
    -------
    (n,) int
        State of each column.
    """
    n, m = cost.shape
    jumps = np.arange(-reach, reach + 1)
    toll = stiffness * jumps.astype(np.float64) ** 2
    came_from = np.zeros((_ROUNDS * n, m), dtype=np.int32)
    best = cost[0].copy()
    padded = np.full(m + 2 * reach, np.inf)
    for i in range(1, _ROUNDS * n):
        padded[reach : reach + m] = best
        options = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1) + toll
        choice = options.argmin(axis=1)
        came_from[i] = np.clip(np.arange(m) + jumps[choice], 0, m - 1)
        best = options[np.arange(m), choice] + cost[i % n]
    state = int(best.argmin())
    path = np.zeros(_ROUNDS * n, dtype=np.int64)
    for i in range(_ROUNDS * n - 1, -1, -1):
        path[i] = state
        state = int(came_from[i, state])
    return path[n : 2 * n]
