"""The likeliest closed path through a ring of columns, one state a column."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from oral_architect.geometry import Mask, Points

_ROUNDS = 3
_ANYWHERE = 0.02
"""Where the line is hidden, each place is this likely."""
_LEAST = 1e-4
"""No place is less likely: a path may cross a column that is misjudged."""


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


def unlikely(chance: NDArray[np.float64], hidden: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cost of each state: the negative logarithm of its chance, ``(n, m)``.

    Parameters
    ----------
    chance, hidden
        ``(n, m)`` and ``(n,)``: that the path runs through a state, and that nothing can be said of a column.
    """
    return np.asarray(-np.log(chance + _ANYWHERE * hidden[:, None] + _LEAST))


def forced(cost: NDArray[np.float64], points: NDArray[np.float64], through: Points) -> tuple[NDArray[np.float64], Mask]:
    """Forbid, in the column nearest to each wanted point, every state but the nearest; which columns are held.

    Parameters
    ----------
    cost
        ``(n, m)``.
    points
        ``(n, m, 3) mm``: place of each state, NaN where there is none.
    through
        ``(p, 3) mm``: wanted points.
    """
    result, held = cost.copy(), np.zeros(len(cost), dtype=bool)
    flat = np.where(np.isfinite(points), points, 1e6).reshape(-1, 3)
    for wanted in through:
        row, column = divmod(int(((flat - wanted) ** 2).sum(axis=1).argmin()), cost.shape[1])
        result[row] = np.inf
        result[row, column] = 0.0
        held[row] = True
    return result, held


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
