"""Laying the doses: super-agents carry whole units to their voxels, and every unit is accounted for.

A super-agent stands for many real ones and carries ``payload_units``. It is let go above its target, drifts and
diffuses towards the tooth, and sets where the gate of the present layer is open. What is not held is taken out again
or lost. Units are integers throughout: dispensed = deposited + lost + retrieved, exactly.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .transport import draw, noise

APPROACH_STEPS = 12
"""Steps in which an agent covers its approach; a step is then shorter than a voxel."""
OVERSHOOT = 2
"""Agents are followed for this many approaches before they count as free."""


@dataclass(frozen=True)
class Delivery:
    """How material is carried, in voxels and seconds of the programme's own grid.

    Parameters
    ----------
    payload_units
        Dose units a super-agent carries.
    aim_sd_voxels
        How well it is aimed, across each axis.
    approach_voxels
        How far above its target it is let go.
    blur_voxels
        Brownian standard deviation of one step, each axis.
    capture
        Probability that it holds where the gate is open.
    retrieval
        Probability that a free one is taken out again.
    passes
        How often a layer is measured and topped up.
    """

    payload_units: int
    aim_sd_voxels: float
    approach_voxels: float
    blur_voxels: float
    capture: float
    retrieval: float
    passes: int


@dataclass(frozen=True)
class Approach:
    """How each voxel is reached.

    Parameters
    ----------
    outward
        ``(n, 3) float``: unit direction away from the supporting tooth.
    shell
        ``(n,) int``: how many voxels of material lie between it and the tooth.
    """

    outward: NDArray[np.float64]
    shell: NDArray[np.int64]


@dataclass(frozen=True)
class Deposit:
    """Where all units went.

    Parameters
    ----------
    filled
        ``(n,) int64``: units deposited in each voxel.
    """

    filled: NDArray[np.int64]
    dispensed: int
    lost: int
    retrieved: int
    agent_steps: int

    @property
    def deposited(self) -> int:
        """Units that stayed."""
        return int(self.filled.sum())


def deposit(
    voxels: NDArray[np.int16],
    dose: NDArray[np.uint16],
    layer: NDArray[np.int16],
    approach: Approach,
    delivery: Delivery,
    *,
    seed: int,
) -> Deposit:
    """Lay all layers of one tooth, first to last, each measured and topped up ``passes`` times.

    Within a layer the material piles up from its floor, one voxel shell after another.

    Parameters
    ----------
    voxels, dose, layer
        As in the programme, ``(n, 3)``, ``(n,)``, ``(n,)``, sorted by layer.
    approach
        Where agents come from and in which order a layer piles up.
    """
    order = np.lexsort((np.arange(len(layer)), approach.shell, layer))
    voxels, dose, outward = voxels[order], dose[order].astype(np.int64), approach.outward[order]
    low = voxels.min(axis=0).astype(np.int64) - 1
    shape = voxels.max(axis=0).astype(np.int64) - low + 2
    local = voxels.astype(np.int64) - low
    index = np.full(tuple(shape), -1, dtype=np.int64)
    index[local[:, 0], local[:, 1], local[:, 2]] = np.arange(len(voxels))
    filled = np.zeros(len(voxels), dtype=np.int64)
    tally = np.zeros(4, dtype=np.int64)  # dispensed, lost, retrieved, agent steps
    knobs = np.array(
        [
            delivery.aim_sd_voxels,
            delivery.approach_voxels,
            delivery.blur_voxels,
            delivery.capture,
            delivery.retrieval,
        ]
    )
    front = np.flatnonzero((np.diff(layer[order]) != 0) | (np.diff(approach.shell[order]) != 0)) + 1
    starts = np.concatenate([[0], front, [len(voxels)]])
    agent = 0
    for first, last in pairwise(starts):
        for _ in range(delivery.passes):
            agent = _lay_pass(
                index,
                local,
                dose,
                outward,
                filled,
                np.array([first, last, delivery.payload_units, agent], dtype=np.int64),
                knobs,
                np.uint64(seed),
                tally,
            )
    back = np.empty_like(filled)
    back[order] = filled
    return Deposit(back, int(tally[0]), int(tally[1]), int(tally[2]), int(tally[3]))


def surface_deficit_rms_mm(
    voxels: NDArray[np.int16], dose: NDArray[np.uint16], filled: NDArray[np.int64], voxel_mm: float
) -> float:
    """Return how far the outer voxels stay below their dose, as a root mean square height in mm."""
    low = voxels.min(axis=0).astype(np.int64) - 1
    local = voxels.astype(np.int64) - low
    solid = np.zeros(tuple(local.max(axis=0) + 2), dtype=np.bool_)
    solid[local[:, 0], local[:, 1], local[:, 2]] = True
    covered = np.ones(len(voxels), dtype=np.bool_)
    for axis in range(3):
        for side in (-1, 1):
            beside = local.copy()
            beside[:, axis] += side
            covered &= solid[beside[:, 0], beside[:, 1], beside[:, 2]]
    rim = ~covered
    missing = 1.0 - filled[rim] / dose[rim]
    return float(math.sqrt(np.mean(missing**2)) * voxel_mm) if rim.any() else 0.0


@njit(cache=True)
def _lay_pass(index, local, dose, outward, filled, bounds, knobs, seed, tally):  # type: ignore[no-untyped-def]
    """Send agents for everything a layer still lacks; return the number of the next agent.

    Agents go one after another: what one fills, the next finds full. Their random numbers are their own.
    """
    first, last, payload, agent = bounds[0], bounds[1], bounds[2], bounds[3]
    for target in range(first, last):
        lacking = dose[target] - filled[target]
        while lacking > 0:
            load = min(payload, lacking)
            lacking -= load
            tally[0] += load
            at, steps = _fly(index, local, outward, target, bounds, knobs, seed, agent, dose, filled)
            tally[3] += steps
            held = 0
            if at >= 0:
                held = min(load, dose[at] - filled[at])
                filled[at] += held
            free = load - held
            if draw(seed, agent, 1 << 20, 3) < knobs[4]:
                tally[2] += free
            else:
                tally[1] += free
            agent += 1
    return agent


@njit(cache=True)
def _fly(index, local, outward, target, bounds, knobs, seed, agent, dose, filled):  # type: ignore[no-untyped-def]
    """Follow one agent; return the voxel that holds it (-1: none) and the steps it took."""
    position = np.empty(3)
    for axis in range(3):
        aim = knobs[0] * noise(seed, agent, 1 << 20, axis)
        position[axis] = local[target, axis] + knobs[1] * outward[target, axis] + aim
    cell = np.empty(3, dtype=np.int64)
    before = np.empty(3)
    stride = knobs[1] / APPROACH_STEPS
    for step in range(APPROACH_STEPS * OVERSHOOT):
        for axis in range(3):
            before[axis] = position[axis]
            position[axis] += -stride * outward[target, axis] + knobs[2] * noise(seed, agent, step, axis)
            cell[axis] = int(np.floor(position[axis] + 0.5))
        outside = False
        for axis in range(3):
            outside = outside or cell[axis] < 0 or cell[axis] >= index.shape[axis]
        here = -1 if outside else index[cell[0], cell[1], cell[2]]
        if here < 0 or here >= bounds[1]:
            continue
        if filled[here] < dose[here]:  # of this front, or a gap left open under it
            return (here if draw(seed, agent, step, 4) < knobs[3] else -1), step + 1
        # full: a wall, so the agent stays where it was
        for axis in range(3):
            position[axis] = before[axis]
    return -1, APPROACH_STEPS * OVERSHOOT
