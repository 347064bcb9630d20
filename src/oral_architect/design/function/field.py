"""The smoothest displacement of a surface that does what is demanded at some of its points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry import Mask, Points

Floats = NDArray[np.float64]

SCALES_MM = (4.0, 1.5, 0.6)
SHARES = (0.60, 0.35, 0.05)
"""A displacement is the sum of a broad, a middle and a narrow one; the broad one is the cheapest."""
_JITTER = 1e-7
"""Added to the variance of each demand, so that two demands at one place can be weighed."""
_FREE = 0.02
"""A place whose freedom (squared) is less cannot be moved."""


@dataclass(frozen=True, eq=False)
class Demands:
    """What is asked of a displacement ``u`` at single points.

    Parameters
    ----------
    at
        ``(m, 3) float, mm``: where, on the undisplaced surface.
    along
        ``(m, 3) float``: unit directions.
    mm
        ``(m,) float``: what ``along · u`` shall be, or at least be.
    exact
        ``(m,) bool``: be; the others at least be.
    free
        ``(m,) float``: 0 to 1, how far the surface may move there.
    yielding
        ``(m,) float``: 0 for a demand to be met; a soft one gives way the more, the larger this variance.
    """

    at: Points
    along: Floats
    mm: Floats
    exact: Mask
    free: Floats
    yielding: Floats


@dataclass(frozen=True, eq=False)
class Field:
    """A displacement field: ``u(x) = free(x) * sum_j k(x, at_j) force_j``.

    Parameters
    ----------
    at
        ``(m, 3) float, mm``.
    force
        ``(m, 3) float, mm``.
    """

    at: Points
    force: Floats

    def __call__(self, points: Points, free: Floats) -> Floats:
        """Return the displacement of ``(n, 3) mm`` points whose freedom is ``(n,)``; ``(n, 3) mm``."""
        if len(self.at) == 0:
            return np.zeros_like(points)
        return np.asarray(free[:, None] * (kernel(points, self.at) @ self.force))


NOTHING = Field(np.zeros((0, 3)), np.zeros((0, 3)))


def kernel(a: Points, b: Points) -> Floats:
    """Covariance of the displacements at ``(n, 3)`` and ``(m, 3) mm`` points, ``(n, m)``, 1 at no distance."""
    away2 = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1)[None] - 2 * (a @ b.T)
    away2 = np.maximum(away2, 0.0)
    total: Floats = np.zeros_like(away2)
    for scale, share in zip(SCALES_MM, SHARES, strict=True):
        total += share * np.exp(-away2 / (2 * scale**2))
    return total


def smoothest(demands: Demands) -> Field:
    """Return the displacement of least energy that meets all demands.

    Parameters
    ----------
    demands
        What is asked. Those where the surface may not move are left out.

    Notes
    -----
    The energy is the norm of the space whose reproducing kernel is :func:`kernel` (times freedom at both ends). Its
    minimum is a sum of kernels at the demands; their multipliers solve a quadratic programme as large as the number
    of demands, by bounded least squares (Stark and Parker, Comput. Stat. 1995, 10:129).
    """
    from scipy.optimize import lsq_linear

    able = np.flatnonzero(demands.free**2 > _FREE)
    if len(able) == 0:
        return NOTHING
    at, along, free = demands.at[able], demands.along[able], demands.free[able]
    gram = kernel(at, at) * (along @ along.T) * np.outer(free, free)
    gram[np.diag_indices_from(gram)] += _JITTER + demands.yielding[able]
    root = np.linalg.cholesky(gram)
    wanted = np.linalg.solve(root, demands.mm[able])
    lowest = np.where(demands.exact[able], -np.inf, 0.0)
    found = lsq_linear(root.T, wanted, bounds=(lowest, np.inf), method="bvls", tol=1e-12, max_iter=20 * len(able))
    multiplier = found.x
    return Field(at, (multiplier * free)[:, None] * along)
