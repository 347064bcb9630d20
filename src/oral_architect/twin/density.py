"""Agents as a density: carried by a flow, spread by diffusion, held where a gate is open.

    dc/dt + div(c u) = div(D grad c) - k g (1 - held / capacity) c

Finite volumes with a monotonised central slope (van Leer 1977, J Comput Phys 23:276) and Heun's strong-stability
preserving steps (Gottlieb, Shu & Tadmor 2001, SIAM Rev 43:89). What leaves a cell enters its neighbour, and within
:func:`stable_step_s` nothing goes below zero.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

Field = NDArray[np.float64]
"""``(nx, ny, nz) float``."""

STABILITY_SHARE = 0.9


@dataclass(frozen=True)
class Flow:
    """Velocity through the faces of a closed box of cells.

    Parameters
    ----------
    u, v, w
        Along x, y, z in m/s through the lower face of each cell; the first plane of each is the box's wall and unused.
    """

    u: Field
    v: Field
    w: Field

    def scaled(self, by: float) -> Flow:
        """Return the flow times a number."""
        return Flow(self.u * by, self.v * by, self.w * by)


def stable_step_s(flow: Flow, diffusion_m2_per_s: float, step_m: float) -> float:
    """Return a step within which no cell can give away more than it holds.

    A limited face value is at most twice the cell's, so ``dt (2 sum |u| / h + 2 d D / h²) <= 1``.
    """
    speed = sum(float(np.abs(c).max()) for c in (flow.u, flow.v, flow.w))
    axes = sum(1 for n in flow.u.shape if n > 1)
    fastest = 2 * speed / step_m + 2 * axes * diffusion_m2_per_s / step_m**2
    return STABILITY_SHARE / fastest if fastest > 0 else math.inf


def spread(density: Field, flow: Flow, diffusion_m2_per_s: float, step_m: float, dt_s: float, steps: int = 1) -> Field:
    """Return the density after ``steps`` steps of ``dt_s`` in a steady flow; the box is closed."""
    now = density
    for _ in range(steps):
        first = now + dt_s * _rate(now, flow, diffusion_m2_per_s, step_m)
        now = (now + first + dt_s * _rate(first, flow, diffusion_m2_per_s, step_m)) / 2
    return now


def hold(density: Field, held: Field, gate_per_s: Field, capacity: float, dt_s: float) -> tuple[Field, Field]:
    """Return density and held amount after the gate was open for ``dt_s``; their sum does not change.

    Parameters
    ----------
    gate_per_s
        Rate at which free agents are held in an empty cell; zero where the gate is closed.
    capacity
        Greatest amount a cell holds.
    """
    room = np.clip(1 - held / capacity, 0.0, 1.0)
    caught = np.minimum(density * -np.expm1(-gate_per_s * room * dt_s), capacity - held)
    caught = np.maximum(caught, 0.0)
    return density - caught, held + caught


def counts(
    positions: NDArray[np.float64], weights: NDArray[np.int64], shape: tuple[int, int, int]
) -> NDArray[np.int64]:
    """Return how many agents the super-agents in each cell stand for; whole numbers, so none is lost in the sum.

    Parameters
    ----------
    positions
        ``(n, 3) float``, in cells; those outside the box are not counted.
    weights
        ``(n,) int``: agents each stands for.
    """
    cells = np.floor(positions).astype(np.int64)
    fits = ((cells >= 0) & (cells < np.asarray(shape))).all(axis=1)
    total = np.zeros(shape, dtype=np.int64)
    inside = cells[fits]
    np.add.at(total, (inside[:, 0], inside[:, 1], inside[:, 2]), weights[fits])
    return total


def _rate(density: Field, flow: Flow, diffusion: float, step_m: float) -> Field:
    rate = np.zeros_like(density)
    for axis, velocity in enumerate((flow.u, flow.v, flow.w)):
        if density.shape[axis] > 1:
            here, through, change = (np.moveaxis(a, axis, 2) for a in (density, velocity, rate))
            _along(here, through, change, diffusion, step_m)
    return rate


@njit(cache=True)
def _slope(low, here, high):  # type: ignore[no-untyped-def]
    """Monotonised central slope: none at an extreme, never beyond a neighbour."""
    left, right = here - low, high - here
    if left * right <= 0.0:
        return 0.0
    central = 0.5 * (left + right)
    bound = 2.0 * min(abs(left), abs(right))
    return math.copysign(min(abs(central), bound), central)


@njit(cache=True)
def _along(c, u, rate, diffusion, h):  # type: ignore[no-untyped-def]
    """Add what flows and diffuses through the faces across the last axis."""
    n = c.shape[2]
    for i in range(c.shape[0]):
        for j in range(c.shape[1]):
            for k in range(1, n):
                below, above = c[i, j, k - 1], c[i, j, k]
                if u[i, j, k] >= 0:
                    slope = _slope(c[i, j, k - 2], below, above) if k >= 2 else 0.0
                    face = below + 0.5 * slope
                else:
                    slope = _slope(below, above, c[i, j, k + 1]) if k + 1 < n else 0.0
                    face = above - 0.5 * slope
                flux = (u[i, j, k] * face - diffusion * (above - below) / h) / h
                rate[i, j, k - 1] -= flux
                rate[i, j, k] += flux
