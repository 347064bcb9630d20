"""How far a light-cured material has set: Kamal's autocatalytic rate, scaled with the root of the light."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float64]

REFERENCE_W_M2 = 1e4
"""Irradiance the rate constants are stated at: 1 W/cm²."""


@dataclass(frozen=True)
class Kamal:
    """``dX/dt = (k1 + k2 X^m) (1 - X)^n sqrt(I / I_ref)``.

    Kamal & Sourour 1973, Polym Eng Sci 13:59; the root of the light is that of radicals ending each other in pairs.
    """

    k1_per_s: float
    k2_per_s: float
    m: float
    n: float

    def rate(self, conversion: Field, light_w_m2: Field) -> Field:
        """Return dX/dt, 1/s, for conversions 0 to 1 in light of ``light_w_m2``."""
        x = np.clip(conversion, 0.0, 1.0)
        grown = (self.k1_per_s + self.k2_per_s * x**self.m) * (1.0 - x) ** self.n
        return np.asarray(grown * np.sqrt(light_w_m2 / REFERENCE_W_M2))

    def advance(self, conversion: Field, light_w_m2: Field, dt_s: float) -> Field:
        """Return the conversion after ``dt_s`` of constant light (one classical Runge-Kutta step)."""
        a = self.rate(conversion, light_w_m2)
        b = self.rate(conversion + dt_s / 2 * a, light_w_m2)
        c = self.rate(conversion + dt_s / 2 * b, light_w_m2)
        d = self.rate(conversion + dt_s * c, light_w_m2)
        return np.clip(conversion + dt_s / 6 * (a + 2 * b + 2 * c + d), 0.0, 1.0)
