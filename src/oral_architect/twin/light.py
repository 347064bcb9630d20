"""Curing light: how far it reaches into the tooth, and how deep it sets the material."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float64]


def irradiance(
    solid: NDArray[np.bool_],
    spot: NDArray[np.bool_],
    surface_w_m2: float,
    attenuation_per_m: float,
    *,
    step_m: float,
    towards: tuple[int, int],
) -> tuple[Field, Field]:
    """Return the light inside a body and the heat it leaves there, by Beer-Lambert along one grid axis.

    Parameters
    ----------
    solid
        ``(nx, ny, nz) bool``.
    spot
        ``bool``: which columns are lit, shape of the grid without the light's axis.
    surface_w_m2
        Irradiance that enters the body (what is scattered back is already taken off).
    towards
        Axis and sign of the direction from the body to the lamp, such as ``(2, 1)`` for +z.

    Returns
    -------
    (nx, ny, nz) float, W/m²
        Irradiance averaged over each voxel.
    (nx, ny, nz) float, W/m³
        Absorbed power; summed over a column it is what entered less what left, exactly.
    """
    axis, sign = towards
    view = np.moveaxis(solid, axis, 0)
    view = view[::-1] if sign > 0 else view
    # optical depth at each voxel's upper face: material between it and the lamp
    above = (np.cumsum(view, axis=0) - view) * (attenuation_per_m * step_m)
    absorbed_share = -math.expm1(-attenuation_per_m * step_m)
    entering = np.where(view & spot, surface_w_m2 * np.exp(-above), 0.0)
    heat = entering * absorbed_share / step_m
    heat = heat[::-1] if sign > 0 else heat
    heat = np.ascontiguousarray(np.moveaxis(heat, 0, axis))
    return heat / attenuation_per_m, heat


def jacobs_depth_mm(dose_mj_cm2: float, critical_mj_cm2: float, penetration_mm: float) -> float:
    """Return the depth to which a dose sets a photopolymer, ``D_p ln(E / E_c)``; 0 below the critical dose.

    Jacobs 1992, Rapid Prototyping & Manufacturing: the working curve.
    """
    return penetration_mm * math.log(dose_mj_cm2 / critical_mj_cm2) if dose_mj_cm2 > critical_mj_cm2 else 0.0
