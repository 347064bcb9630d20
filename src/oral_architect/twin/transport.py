"""Overdamped particles: drift, Brownian motion, walls; random numbers that depend only on who asks and when.

    dx = u dt + sqrt(2 D dt) xi

At these sizes inertia is nothing (Re << 1). The noise is uniform with the variance of a Gaussian, which is exact in the
mean square and weak order one; it is keyed by (seed, agent, step, axis), so neither threads nor order can change it.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

BOLTZMANN_J_PER_K = 1.380649e-23


def stokes_drag_n_s_per_m(diameter_m: float, viscosity_pa_s: float) -> float:
    """Return the drag of a sphere in slow flow, ``3 pi mu d``."""
    return 3 * math.pi * viscosity_pa_s * diameter_m


def stokes_speed_m_per_s(force_n: float, diameter_m: float, viscosity_pa_s: float) -> float:
    """Return the speed at which a force drags a sphere, ``F / (3 pi mu d)``."""
    return force_n / stokes_drag_n_s_per_m(diameter_m, viscosity_pa_s)


def diffusion_m2_per_s(diameter_m: float, viscosity_pa_s: float, temperature_k: float) -> float:
    """Return the diffusion coefficient of a sphere, ``k_B T / (3 pi mu d)`` (Stokes-Einstein)."""
    return BOLTZMANN_J_PER_K * temperature_k / stokes_drag_n_s_per_m(diameter_m, viscosity_pa_s)


def wall_mobility(distance: float, radius: float) -> float:
    """Return the share of its free mobility a sphere keeps beside a wall it moves along.

    Faxen's series to the fifth power (Happel & Brenner, Low Reynolds Number Hydrodynamics, 7-4.28); ``distance`` is
    that of its centre, in the unit of ``radius``.
    """
    x = radius / distance
    return 1 - 9 / 16 * x + x**3 / 8 - 45 / 256 * x**4 - x**5 / 16


def walk(
    positions: NDArray[np.float64],
    drift: NDArray[np.float64],
    diffusion: float,
    dt: float,
    steps: int,
    *,
    seed: int,
    floor: float = -math.inf,
) -> NDArray[np.float64]:
    """Move free particles.

    Parameters
    ----------
    positions
        ``(n, 3) float``.
    drift
        ``(3,) float``, length per time.
    diffusion
        Length² per time.
    floor
        Height along z that reflects them.

    Returns
    -------
    (n, 3) float
        Where they are after ``steps`` steps of ``dt``.
    """
    moved = positions.copy()
    _walk(moved, drift, math.sqrt(2 * diffusion * dt), dt, steps, np.uint64(seed), floor)
    return moved


@njit(cache=True)
def draw(seed, agent, step, axis):  # type: ignore[no-untyped-def]
    """Return a number in [0, 1) for a key (SplitMix64's finaliser over a mixed key)."""
    x = seed * np.uint64(0x9E3779B97F4A7C15) + np.uint64(agent) * np.uint64(0xBF58476D1CE4E5B9)
    x ^= np.uint64(step) * np.uint64(0x94D049BB133111EB) + np.uint64(axis) * np.uint64(0xD6E8FEB86659FD93)
    for _ in range(2):
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        x ^= x >> np.uint64(31)
    return np.float64(x >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@njit(cache=True)
def noise(seed, agent, step, axis):  # type: ignore[no-untyped-def]
    """Return a number of mean 0 and variance 1, even between -sqrt 3 and sqrt 3."""
    return (2.0 * draw(seed, agent, step, axis) - 1.0) * 1.7320508075688772


@njit(parallel=True, cache=True)
def _walk(positions, drift, spread, dt, steps, seed, floor):  # type: ignore[no-untyped-def]
    for n in prange(positions.shape[0]):
        for step in range(steps):
            for axis in range(3):
                positions[n, axis] += drift[axis] * dt + spread * noise(seed, n, step, axis)
            if positions[n, 2] < floor:
                positions[n, 2] = 2.0 * floor - positions[n, 2]
