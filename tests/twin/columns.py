"""Blocks of voxels with known solutions."""

from __future__ import annotations

import numpy as np

from oral_architect.twin.heat import HeatBlock, Surroundings, explicit_steps, heat_block

ENAMEL_K, ENAMEL_RHO_C = 0.81, 1.99e6
DENTINE_K, DENTINE_RHO_C = 0.48, 2.39e6


def column(
    k: np.ndarray, rho_c: np.ndarray, step_m: float, *, films=(0.0, 0.0), beyond=(0.0, 0.0), sink=None
) -> HeatBlock:
    """A rod along x, insulated on its sides, with a film at each end."""
    film, temperature = np.zeros((6, 1, 1, 1)), np.zeros((6, 1, 1, 1))
    film[0], film[1] = films
    temperature[0], temperature[1] = beyond
    return heat_block(
        rod(k),
        rod(rho_c, 1.0),
        step_m,
        Surroundings(film, temperature),
        sink=None if sink is None else rod(np.full(len(k), sink)),
    )


def rod(values: np.ndarray, around: float = 0.0) -> np.ndarray:
    """Values along x as a padded block."""
    field = np.full((len(values) + 2, 3, 3), around)
    field[1:-1, 1, 1] = values
    return field


def along(field: np.ndarray) -> np.ndarray:
    return field[1:-1, 1, 1]


def march(block: HeatBlock, start: np.ndarray, source: np.ndarray, time_s: float, share: float = 0.4) -> np.ndarray:
    steps = int(np.ceil(time_s / (share * block.stable_s)))
    return explicit_steps(block, start, source, time_s / steps, steps)


def observed_order(errors: list[float], ratio: float = 2.0) -> float:
    return float(np.log(errors[-2] / errors[-1]) / np.log(ratio))
