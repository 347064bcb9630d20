"""Agents turned by a rotating field: in step up to a frequency, slipping beyond it.

A magnetic moment m in a field B that turns at w lags by an angle a with ``da/dt = w - w_c sin a``, ``w_c = m B / zeta``
(Adler's equation; Ghosh & Fischer 2009, Nano Lett 9:2243; Mahoney et al. 2014, Appl Phys Lett 104:144101).
"""

from __future__ import annotations

import math


def step_out_hz(moment_a_m2: float, field_t: float, rotational_drag_n_m_s: float) -> float:
    """Return the highest frequency an agent follows, ``m B / (2 pi zeta)``."""
    return moment_a_m2 * field_t / (2 * math.pi * rotational_drag_n_m_s)


def sphere_rotational_drag_n_m_s(diameter_m: float, viscosity_pa_s: float) -> float:
    """Return the drag of a turning sphere, ``pi mu d³`` (Stokes)."""
    return math.pi * viscosity_pa_s * diameter_m**3


def mean_rotation_hz(field_hz: float, step_out: float) -> float:
    """Return how fast an agent turns on average: with the field up to step-out, ``f - sqrt(f² - f_c²)`` beyond."""
    return field_hz if field_hz <= step_out else field_hz - math.sqrt(field_hz**2 - step_out**2)


def swim_m_per_s(advance_m_per_turn: float, field_hz: float, step_out: float) -> float:
    """Return the mean speed of a helix that advances by a fixed way each turn."""
    return advance_m_per_turn * mean_rotation_hz(field_hz, step_out)


def turns(field_hz: float, step_out: float, time_s: float, steps: int) -> float:
    """Return the turns an agent makes from rest in ``time_s``, its lag followed in ``steps`` Runge-Kutta steps."""
    w, w_c, dt = 2 * math.pi * field_hz, 2 * math.pi * step_out, time_s / steps
    lag = 0.0
    for _ in range(steps):
        a = w - w_c * math.sin(lag)
        b = w - w_c * math.sin(lag + dt / 2 * a)
        c = w - w_c * math.sin(lag + dt / 2 * b)
        d = w - w_c * math.sin(lag + dt * c)
        lag += dt / 6 * (a + 2 * b + 2 * c + d)
    return field_hz * time_s - lag / (2 * math.pi)
