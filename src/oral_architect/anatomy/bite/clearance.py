"""How near each lower tooth comes to the upper ones: teeth erupt until they meet, so in a bite most just touch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from oral_architect.geometry import Points
from oral_architect.geometry.registration import rotation_from_vector

from .opposing import LEVER_MM, Floats, Relief, left_jacobian

Ints = NDArray[np.int64]

NOTHING_ABOVE_MM = 1e3
"""Clearance of a tooth with no upper tooth above it."""
_HOPELESS = 3.0
"""What the deepest overlap costs, in contacts."""
_LOOSE = 1e8
"""Contacts whose normal equations are worse conditioned than this leave a freedom."""


@dataclass(frozen=True, eq=False)
class Crowns:
    """Points of the lower crowns, sorted by tooth.

    Parameters
    ----------
    points
        ``(n, 3) float, mm``, patient frame.
    first
        ``(t + 1,) int``: where each tooth's points begin; the last entry is ``n``.
    teeth
        ``(t,) int``: FDI.
    weights
        ``(t,) float``: what each tooth counts for, sum 1.
    """

    points: Points
    first: Ints
    teeth: Ints
    weights: Floats

    def centre(self) -> Floats:
        """Return the point turns are taken about, ``(3,) mm``."""
        return np.asarray(self.points.mean(axis=0))


@dataclass(frozen=True)
class Closeness:
    """How contact is judged.

    Parameters
    ----------
    overlap_mm
        Overlap of touching teeth in scans: what teeth and their ligaments give way under the closing force.
    reach_mm
        A tooth this far short of touching counts half.
    give_mm
        A tooth this much too deep costs as much as one that does not touch at all.
    blend_mm
        Width of the soft minimum over a tooth's points: contact is an area, not a vertex.
    """

    overlap_mm: float
    reach_mm: float
    give_mm: float
    blend_mm: float


def clearances_mm(crowns: Crowns, relief: Relief, blend_mm: float, pose: Floats | None = None) -> Floats:
    """Return the clearance of each tooth along the upper surface's normal, ``(t,) mm``: negative where it overlaps.

    Parameters
    ----------
    crowns, relief
        What meets what.
    blend_mm
        Width of the soft minimum; a tooth's clearance is the mean of its points weighted by ``exp(-gap / blend)``.
    pose
        ``(6,) mm``: where the crowns are taken first.
    """
    x = np.zeros(6) if pose is None else pose
    rotation = rotation_from_vector(x[:3] / LEVER_MM)
    told = _clearances(crowns.points, crowns.first, rotation, crowns.centre(), x[3:], *_maps(relief), blend_mm)
    return np.asarray(told[0])


def held_mm(crowns: Crowns, relief: Relief, blend_mm: float, contact_mm: float, noise_mm: float) -> float:
    """Tell how firmly the contacts hold the lower arch sideways, back and forth, and up and down.

    Parameters
    ----------
    crowns, relief, blend_mm
        As in :func:`clearances_mm`.
    contact_mm
        Teeth nearer than this touch.
    noise_mm
        Standard deviation of a tooth's clearance, scans' noise and waviness.

    Returns
    -------
    float, mm
        Standard deviation of the arch's middle that such noise causes, to first order; infinite when the contacts
        leave a freedom.
    """
    none = np.zeros(3)
    gap, force, torque = _clearances(
        crowns.points, crowns.first, np.eye(3), crowns.centre(), none, *_maps(relief), blend_mm
    )
    touching = gap < contact_mm
    by_pose = np.concatenate([torque[touching] / LEVER_MM, force[touching]], axis=1)
    normal = by_pose.T @ by_pose
    if len(by_pose) < len(normal) or np.linalg.cond(normal) > _LOOSE:
        return float("inf")
    return noise_mm * float(np.sqrt(np.trace(np.linalg.inv(normal)[3:, 3:])))


def meeting_energy(pose: Floats, crowns: Crowns, relief: Relief, close: Closeness) -> tuple[float, Floats]:
    """Tell how far a lower arch is from every tooth just touching: 0 all do, 1 none does, more for overlap.

    Parameters
    ----------
    pose
        ``(6,) float, mm``: turn about x, y, z as arc at :data:`~.opposing.LEVER_MM`, then shift.
    crowns, relief
        What meets what.
    close
        What counts as touching.

    Returns
    -------
    float, (6,) float
        Energy and its gradient.
    """
    turn = pose[:3] / LEVER_MM
    rotation, centre = rotation_from_vector(turn), crowns.centre()
    clearance, force, torque = _clearances(
        crowns.points, crowns.first, rotation, centre, pose[3:], *_maps(relief), close.blend_mm
    )
    cost, per_mm = contact_cost(clearance + close.overlap_mm, close)
    price = crowns.weights * per_mm
    gradient = np.concatenate([left_jacobian(turn).T @ (price @ torque) / LEVER_MM, price @ force])
    return float(crowns.weights @ cost), gradient


def contact_cost(short_mm: Floats, close: Closeness) -> tuple[Floats, Floats]:
    """Return what each tooth costs that is ``short_mm`` away from touching as it should, and the slope by mm.

    Short of contact ``d²/(d² + reach²)``: a tooth that does not touch at all is simply one contact less. Too deep
    ``(d/give)²``, linear from one give on, until it costs :data:`_HOPELESS` contacts: teeth do not pass through one
    another, but a scan may hold a fold or a piece of gingiva that does, and one such place must not hold the bite open.
    """
    d = np.asarray(short_mm, dtype=np.float64)
    square = d * d + close.reach_mm**2
    deep = -d / close.give_mm
    hard = np.where(deep < 1, deep * deep, 2 * deep - 1)
    over = _HOPELESS * hard / (_HOPELESS + hard)
    per_give = np.where(deep < 1, 2 * deep, 2.0) * (_HOPELESS / (_HOPELESS + hard)) ** 2
    cost = np.where(d >= 0, d * d / square, over)
    slope = np.where(d >= 0, 2 * d * close.reach_mm**2 / square**2, -per_give / close.give_mm)
    return cost, slope


def _maps(relief: Relief) -> tuple[Floats, Floats, Floats, float, float, float]:
    x, y = relief.origin_mm
    return relief.height_mm, relief.upright, relief.ground, float(x), float(y), relief.step_mm


@njit(cache=True)
def _clearances(points, first, turn, centre, shift, height, upright, cover, x0, y0, step, blend):  # type: ignore[no-untyped-def]
    """Soft least gap of each tooth ``(t,)``, and its change with a shift ``(t, 3)`` and a small turn ``(t, 3)``."""
    teeth = len(first) - 1
    nx, ny = height.shape
    least = np.full(teeth, 1e3)
    force = np.zeros((teeth, 3))
    torque = np.zeros((teeth, 3))
    longest = 0
    for t in range(teeth):
        longest = max(longest, first[t + 1] - first[t])
    gap = np.empty(longest)
    slope = np.empty((longest, 3))
    arm = np.empty((longest, 3))
    for t in range(teeth):
        low = np.inf
        count = 0
        for p in range(first[t], first[t + 1]):
            for r in range(3):
                arm[count, r] = (
                    turn[r, 0] * (points[p, 0] - centre[0])
                    + turn[r, 1] * (points[p, 1] - centre[1])
                    + turn[r, 2] * (points[p, 2] - centre[2])
                )
            u = (arm[count, 0] + centre[0] + shift[0] - x0) / step
            v = (arm[count, 1] + centre[1] + shift[1] - y0) / step
            i, j = int(np.floor(u)), int(np.floor(v))
            if i < 0 or j < 0 or i >= nx - 1 or j >= ny - 1:
                continue
            if cover[i, j] <= 0 or cover[i + 1, j] <= 0 or cover[i, j + 1] <= 0 or cover[i + 1, j + 1] <= 0:
                continue
            u -= i
            v -= j
            a, b, c, d = height[i, j], height[i + 1, j], height[i, j + 1], height[i + 1, j + 1]
            gap[count] = (a * (1 - u) + b * u) * (1 - v) + (c * (1 - u) + d * u) * v
            n = upright[i, j]
            gap[count] = (gap[count] - arm[count, 2] - centre[2] - shift[2]) * n
            slope[count, 0] = ((b - a) * (1 - v) + (d - c) * v) / step * n
            slope[count, 1] = ((c - a) * (1 - u) + (d - b) * u) / step * n
            slope[count, 2] = -n
            low = min(low, gap[count])
            count += 1
        if count == 0:
            continue
        total, mean = 0.0, 0.0
        for k in range(count):
            if gap[k] - low < 12 * blend:
                share = np.exp(-(gap[k] - low) / blend)
                total += share
                mean += share * gap[k]
        mean /= total
        least[t] = mean
        for k in range(count):
            if gap[k] - low < 12 * blend:
                # the slope of the weighted mean, weights included
                share = np.exp(-(gap[k] - low) / blend) / total * (1 - (gap[k] - mean) / blend)
                fx, fy, fz = share * slope[k, 0], share * slope[k, 1], share * slope[k, 2]
                force[t, 0] += fx
                force[t, 1] += fy
                force[t, 2] += fz
                torque[t, 0] += arm[k, 1] * fz - arm[k, 2] * fy
                torque[t, 1] += arm[k, 2] * fx - arm[k, 0] * fz
                torque[t, 2] += arm[k, 0] * fy - arm[k, 1] * fx
    return least, force, torque
