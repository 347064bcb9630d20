"""The field of a magnet as a dipole, its gradient, and the pull on a moment in it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.constants import mu_0

Points = NDArray[np.float64]
"""``(n, 3) float``."""


def dipole_field_t(moment_a_m2: NDArray[np.float64], away_m: Points) -> Points:
    """Return the flux density at places ``away_m`` from a dipole, ``(n, 3)`` T.

    ``B = mu0 / (4 pi r³) (3 (m . e) e - m)`` (Jackson, Classical Electrodynamics, 5.56).
    """
    r = np.linalg.norm(away_m, axis=1, keepdims=True)
    e = away_m / r
    return np.asarray(mu_0 / (4 * np.pi * r**3) * (3 * (e @ moment_a_m2)[:, None] * e - moment_a_m2))


def dipole_gradient_t_per_m(moment_a_m2: NDArray[np.float64], away_m: Points) -> NDArray[np.float64]:
    """Return ``dB_i/dx_j``, ``(n, 3, 3)`` T/m; symmetric and without trace, as no current flows there."""
    r = np.linalg.norm(away_m, axis=1)[:, None, None]
    e = away_m / r[:, :, 0]
    along = (e @ moment_a_m2)[:, None, None]
    e_i, e_j, m = e[:, :, None], e[:, None, :], moment_a_m2
    mixed = m[None, :, None] * e_j + m[None, None, :] * e_i
    return np.asarray(3 * mu_0 / (4 * np.pi * r**4) * (mixed + along * (np.eye(3) - 5 * e_i * e_j)))


def pull_n(agent_moment_a_m2: NDArray[np.float64], gradient_t_per_m: NDArray[np.float64]) -> Points:
    """Return the force ``(m . grad) B`` on an agent's moment, ``(n, 3)`` N."""
    return np.asarray(gradient_t_per_m @ agent_moment_a_m2)
