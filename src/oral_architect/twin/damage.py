"""Thermal dose of a tissue: cumulative equivalent minutes at 43 °C."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BREAK_C = 43.0
R_ABOVE = 0.5
R_BELOW = 0.25
S_PER_MIN = 60.0


def cem43_min(time_s: NDArray[np.float64], temperature_c: NDArray[np.float64]) -> float:
    """Return CEM43 in minutes: the integral of ``R^(43 - T) dt``, R = 0.5 above 43 °C and 0.25 below.

    Sapareto & Dewey 1984, Int J Radiat Oncol Biol Phys 10:787; trapezoidal rule between samples.

    Parameters
    ----------
    time_s
        ``(n,) float``, rising.
    temperature_c
        ``(n,) float``.
    """
    base = np.where(temperature_c >= BREAK_C, R_ABOVE, R_BELOW)
    rate = np.power(base, BREAK_C - temperature_c)
    return float(np.sum((rate[1:] + rate[:-1]) / 2 * np.diff(time_s)) / S_PER_MIN)
