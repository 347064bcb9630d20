"""Saliva: how fast the mouth washes out, how a film flows, and how a dose spreads along it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Channel = Literal["film", "plates"]

TAYLOR_ARIS: dict[Channel, float] = {"film": 2 / 105, "plates": 1 / 210}
"""Factor of Pe² in ``D (1 + k Pe²)``, Pe with the mean speed and the film's thickness or the plates' gap.

Aris 1956, Proc R Soc A 235:67; Wooding 1960, J Fluid Mech 7:501. A film is half a gap with a free surface.
"""


@dataclass(frozen=True)
class Mouth:
    """A stirred pool of saliva with an inflow, ``V dC/dt = Q (C_in - C) + S`` (Dawes 1983, J Dent Res 62:1021).

    Parameters
    ----------
    volume_ml, flow_ml_per_min
        What stays in the mouth, and what flows through it.
    """

    volume_ml: float
    flow_ml_per_min: float

    @property
    def dilution_time_s(self) -> float:
        """Time in which a substance falls to 1/e."""
        return 60 * self.volume_ml / self.flow_ml_per_min

    def after(self, concentration: float, dt_s: float, *, inflow: float = 0.0, source_per_s: float = 0.0) -> float:
        """Return the concentration after ``dt_s`` of constant inflow and source; exact, for steps of any length.

        Parameters
        ----------
        concentration, inflow
            In the pool and in fresh saliva, any unit per mL.
        source_per_s
            The same unit each second.
        """
        end = inflow + source_per_s * self.dilution_time_s / self.volume_ml
        return end + (concentration - end) * math.exp(-dt_s / self.dilution_time_s)


def speed_profile(height: NDArray[np.float64], mean_speed: float, channel: Channel) -> NDArray[np.float64]:
    """Return the slow flow at heights 0 to 1: parabolic, at rest on walls, free of drag on a film's surface."""
    if channel == "film":
        return mean_speed * 3 * (height - height**2 / 2)
    return mean_speed * 6 * height * (1 - height)


def peclet(mean_speed: float, thickness: float, diffusion: float) -> float:
    """Return how much faster flow carries over a thickness than diffusion does."""
    return mean_speed * thickness / diffusion


def spread_along(diffusion: float, mean_speed: float, thickness: float, channel: Channel) -> float:
    """Return the effective diffusion along a channel, ``D (1 + k Pe²)`` (Taylor-Aris)."""
    return diffusion * (1 + TAYLOR_ARIS[channel] * peclet(mean_speed, thickness, diffusion) ** 2)
