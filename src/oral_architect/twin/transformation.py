"""How far one mineral has turned into another: Avrami's law, and Nakamura's form of it for a changing temperature."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.constants import R as GAS_J_PER_MOL_K


@dataclass(frozen=True)
class Avrami:
    """``X = 1 - exp(-(integral of K dt)^n)``.

    Avrami 1940, J Chem Phys 8:212; Nakamura et al. 1973, J Appl Polym Sci 17:1031. The rate follows Arrhenius' law.

    Parameters
    ----------
    n
        Exponent of nucleation and growth.
    rate_per_s
        K at ``reference_k``.
    activation_j_per_mol
        How it grows with temperature.
    """

    n: float
    rate_per_s: float
    activation_j_per_mol: float = 0.0
    reference_k: float = 310.15

    def rate(self, temperature_k: float) -> float:
        """Return K at a temperature, 1/s."""
        lift = 1 / self.reference_k - 1 / temperature_k
        return self.rate_per_s * math.exp(self.activation_j_per_mol / GAS_J_PER_MOL_K * lift)

    def share(self, time_s: float, temperature_k: float) -> float:
        """Return the share transformed after a time at one temperature, 0 to 1."""
        return -math.expm1(-((self.rate(temperature_k) * time_s) ** self.n))

    def advance(self, share: float, from_k: float, to_k: float, dt_s: float) -> float:
        """Return the share after ``dt_s`` while the temperature changed evenly (Simpson's rule in the rate)."""
        age = (-math.log1p(-share)) ** (1 / self.n) if share < 1 else math.inf
        middle = self.rate((from_k + to_k) / 2)
        age += dt_s * (self.rate(from_k) + 4 * middle + self.rate(to_k)) / 6
        return -math.expm1(-(age**self.n))
