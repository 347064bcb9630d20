"""Mineral that grows from solution: what the surface takes, what a film lets through, how a front advances.

The surface takes ``k C_eq (C / C_eq - 1)^n``; a film lets ``D (C_bulk - C) / delta`` through; the slower one rules.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STABILITY_SHARE = 0.4
"""Share of h² / D that an explicit step takes; 0.5 is the limit."""


@dataclass(frozen=True)
class Solution:
    """What a growing surface is bathed in.

    Parameters
    ----------
    bulk_mol_m3, equilibrium_mol_m3
        Concentration outside the film, and the one at which nothing grows.
    diffusion_m2_per_s
        Of the ion that is used up.
    surface_m_per_s
        Rate constant of the surface; infinite where only diffusion limits.
    order
        Apparent order in ``S - 1``; 2 for hydroxyapatite in two constant-composition studies (kinetics.csv).
    """

    bulk_mol_m3: float
    equilibrium_mol_m3: float
    diffusion_m2_per_s: float
    surface_m_per_s: float = math.inf
    order: float = 1.0

    def taken_mol_m2_s(self, beside_mol_m3: float) -> float:
        """Return what the surface takes at the concentration beside it."""
        over = max(beside_mol_m3 / self.equilibrium_mol_m3 - 1, 0.0)
        return float(self.surface_m_per_s * self.equilibrium_mol_m3 * over**self.order)


def film_flux_mol_m2_s(solution: Solution, film_m: float) -> float:
    """Return the steady flux through a film onto the surface.

    For order 1 this is ``D (C - C_eq) / (delta + D / k)``; for other orders the concentration beside the surface is
    found at which film and surface agree.
    """
    excess = solution.bulk_mol_m3 - solution.equilibrium_mol_m3
    if excess <= 0:
        return 0.0
    most = solution.diffusion_m2_per_s * excess / film_m
    if math.isinf(solution.surface_m_per_s):
        return most
    if solution.order == 1:
        return solution.diffusion_m2_per_s * excess / (film_m + solution.diffusion_m2_per_s / solution.surface_m_per_s)
    from scipy.optimize import brentq

    def surplus(flux: float) -> float:
        return solution.taken_mol_m2_s(solution.bulk_mol_m3 - flux * film_m / solution.diffusion_m2_per_s) - flux

    return float(brentq(surplus, 0.0, most, rtol=1e-12))


def growth_m_per_s(flux_mol_m2_s: float, mineral_mol_m3: float) -> float:
    """Return how fast a surface rises that takes a flux of an ion of which the mineral holds ``mineral_mol_m3``."""
    return flux_mol_m2_s / mineral_mol_m3


def stefan_number_root(excess_share: float) -> float:
    """Return ``lambda`` of a front at ``2 lambda sqrt(D t)`` in still solution.

    ``sqrt(pi) lambda exp(lambda²) erfc(lambda) = (C - C_eq) / (C_mineral - C_eq)`` (Carslaw & Jaeger 1959, 11.2, for
    one phase that diffuses).
    """
    from scipy.optimize import brentq
    from scipy.special import erfcx

    return float(brentq(lambda x: math.sqrt(math.pi) * x * erfcx(x) - excess_share, 0.0, 50.0, xtol=1e-14))


def advance_front(
    profile_mol_m3: NDArray[np.float64], solution: Solution, mineral_mol_m3: float, step_m: float, time_s: float
) -> tuple[float, NDArray[np.float64]]:
    """Follow a front that grows into a still film.

    In the front's own frame ``dC/dt = D C'' + v C'``; ``v`` is what arrives over what the mineral takes up. The far
    end stays at the bulk's concentration. Second order in space.

    Parameters
    ----------
    profile_mol_m3
        ``(n,) float``: concentration at distances 0, h, 2h … from the front.

    Returns
    -------
    float
        How far the front went, m.
    (n,) float
        The profile at the end.
    """
    d, h = solution.diffusion_m2_per_s, step_m
    steps = max(1, math.ceil(time_s / (STABILITY_SHARE * h * h / d)))
    dt, way, c = time_s / steps, 0.0, profile_mol_m3.copy()
    for _ in range(steps):
        c[0] = _beside(c, solution, h)
        speed = d * (-3 * c[0] + 4 * c[1] - c[2]) / (2 * h) / (mineral_mol_m3 - c[0])
        bend, lean = (c[2:] - 2 * c[1:-1] + c[:-2]) / h**2, (c[2:] - c[:-2]) / (2 * h)
        c[1:-1] += dt * (d * bend + speed * lean)
        way += dt * speed
    return way, c


def _beside(c: NDArray[np.float64], solution: Solution, h: float) -> float:
    """Concentration beside a surface of order 1 that takes what diffuses there (one-sided, second order)."""
    if math.isinf(solution.surface_m_per_s):
        return solution.equilibrium_mol_m3
    conduct = solution.diffusion_m2_per_s / (2 * h)
    taken = solution.surface_m_per_s * solution.equilibrium_mol_m3
    return float((conduct * (4 * c[1] - c[2]) + taken) / (solution.surface_m_per_s + 3 * conduct))
