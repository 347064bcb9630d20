"""The cheapest closed path through a ring of columns, one state a column."""

from __future__ import annotations

import numpy as np
from numba import njit
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
    return _cheapest(np.ascontiguousarray(cost, dtype=np.float64), stiffness, reach)


@njit(cache=True)
def _cheapest(
    cost: NDArray[np.float64], stiffness: float, reach: int
) -> NDArray[np.int64]:  # pragma: no cover - compiled
    n, m = cost.shape
    came_from = np.zeros((_ROUNDS * n, m), dtype=np.int64)
    best = cost[0].copy()
    following = np.empty(m)
    for i in range(1, _ROUNDS * n):
        for state in range(m):
            least = np.inf
            chosen = state
            for before in range(max(0, state - reach), min(m, state + reach + 1)):
                total = best[before] + stiffness * (state - before) ** 2
                if total < least:
                    least = total
                    chosen = before
            came_from[i, state] = chosen
            following[state] = least + cost[i % n, state]
        best[:] = following
    state = int(best.argmin())
    path = np.zeros(_ROUNDS * n, dtype=np.int64)
    for i in range(_ROUNDS * n - 1, -1, -1):
        path[i] = state
        state = came_from[i, state]
    return path[n : 2 * n]
