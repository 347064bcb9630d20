"""Two arches settled as stone models are: for every place over the upper, the plane in which the lower comes to rest.

Where the lower arch lies sideways, sagittally and turned about the vertical says, by closing it, how high and how
tilted it lies. So only three numbers are searched for. Closing is by consensus: of all planes through three teeth, on
both sides, that bring these into contact, the one that lets most other teeth touch and none overlap. A harmed tooth, a
tooth out of its row or a fold of a scan is one vote less and moves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from oral_architect.geometry import Transform

from .clearance import Crowns
from .opposing import Floats, Relief

_HOPELESS = 3.0  # what the deepest overlap costs, in contacts
_FAR_MM = 50.0  # a tooth further from its antagonists than this has none
_TRIPOD_MM2 = 100.0  # twice the least area of three teeth that can carry an arch


@dataclass(frozen=True)
class Rest:
    """How resting is judged: reach of contact (and give of surfaces), largest tilt (tangent), rounds of closing."""

    reach_mm: float
    most_tilt: float
    rounds: int


def settled(places: Floats, crowns: Crowns, carrying: NDArray[np.bool_], relief: Relief, rest: Rest) -> Floats:
    """Close a lower arch in many places.

    Parameters
    ----------
    places
        ``(p, 6)``: shift x and y (mm), turn about z (rad), and to begin with: tilts (tangents: rise by x, by y) and
        shift z (mm), all about the middle of the crowns.
    crowns
        The lower teeth; at least three of them carry.
    carrying
        ``(t,) bool``: teeth the arch may rest on.
    relief
        The upper teeth.
    rest
        What counts as resting.

    Returns
    -------
    (p, 7) float
        The part of the teeth's weight that does not touch, infinite where the arch cannot rest, and the place with
        tilts and z as found.
    """
    left = np.asarray(crowns.teeth // 10 % 2 == 1)  # quadrants 3 and 7 are left, 4 and 8 right
    result = np.empty((len(places), 7))
    numbers = (float(relief.origin_mm[0]), float(relief.origin_mm[1]), relief.step_mm)
    judged = (rest.reach_mm, rest.most_tilt, rest.rounds)
    teeth = (crowns.points, crowns.first, crowns.centre(), crowns.weights / crowns.weights.sum(), carrying, left)
    _settle(np.ascontiguousarray(places), teeth, (relief.height_mm, relief.ground), numbers, judged, result)
    return result


def motion_of(place: Floats, centre: Floats) -> Transform:
    """Return the ``(4, 4)`` motion of a place ``(6,)`` about ``centre``."""
    matrix = np.eye(4)
    matrix[:3, :3] = _rotation(place[3], place[4], place[2])
    matrix[:3, 3] = centre + place[[0, 1, 5]] - matrix[:3, :3] @ centre
    return matrix


def lattice(middle: Floats, reach: tuple[float, float, float], steps: tuple[float, float]) -> Floats:
    """Return places ``(p, 6)`` around one: ``reach`` by x, y (mm) and turn (rad), in ``steps`` of mm and rad."""
    axes = []
    for at, far, step in zip(middle[:3], reach, (steps[0], steps[0], steps[1]), strict=True):
        count = int(np.floor(far / step + 1e-9))
        axes.append(at + step * np.arange(-count, count + 1))
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    return np.concatenate([grid, np.tile(middle[3:], (len(grid), 1))], axis=1)


def apart(found: Floats, count: int, apart_mm: float, apart_rad: float) -> Floats:
    """Return the best ``count`` rows of :func:`settled` that are no near copies of a better one."""
    kept: list[Floats] = []
    for row in found[np.argsort(found[:, 0], kind="stable")]:
        if not np.isfinite(row[0]) or len(kept) == count:
            break
        if all(np.abs(row[1:3] - k[1:3]).max() > apart_mm or abs(row[3] - k[3]) > apart_rad for k in kept):
            kept.append(row)
    return np.array(kept).reshape(-1, 7)


@njit(cache=True)
def _rotation(by_x, by_y, turn):  # type: ignore[no-untyped-def]
    """Turn about z, then tilt so that z rises by ``by_x`` and ``by_y`` a mm."""
    p, q = np.arctan(by_x), np.arctan(by_y)
    cz, sz, cp, sp, cq, sq = np.cos(turn), np.sin(turn), np.cos(p), np.sin(p), np.cos(q), np.sin(q)
    about_z = np.array([[cz, -sz, 0.0], [sz, cz, 0.0], [0.0, 0.0, 1.0]])
    about_y = np.array([[cp, 0.0, -sp], [0.0, 1.0, 0.0], [sp, 0.0, cp]])
    about_x = np.array([[1.0, 0.0, 0.0], [0.0, cq, -sq], [0.0, sq, cq]])
    return about_x @ about_y @ about_z


@njit(cache=True)
def _settle(places, teeth, maps, numbers, judged, result):  # type: ignore[no-untyped-def]
    points, first, centre, weights, carrying, left = teeth
    reach, most_tilt, rounds = judged
    least = np.empty((len(first) - 1, 3))
    plane = np.zeros(3)
    for g in range(len(places)):
        shift = np.array([places[g, 0], places[g, 1], places[g, 5]])
        by_x, by_y = places[g, 3], places[g, 4]
        cost = np.inf
        for k in range(rounds):
            rotation = _rotation(by_x, by_y, places[g, 2])
            _least(points, first, centre, rotation, shift, maps, numbers, least)
            cost = _resting(least, weights, carrying, left, reach, most_tilt, plane)
            if cost == np.inf or k == rounds - 1:
                break
            shift[2] += plane[0]
            by_x += plane[1]
            by_y += plane[2]
            if abs(by_x) > most_tilt or abs(by_y) > most_tilt:
                cost = np.inf
                break
        result[g] = np.array([cost, shift[0], shift[1], places[g, 2], by_x, by_y, shift[2]])


@njit(cache=True)
def _least(points, first, centre, rotation, shift, maps, numbers, out):  # type: ignore[no-untyped-def]
    """Write where each tooth has its least height under the upper teeth, about the centre, and that height."""
    height, ground = maps
    x0, y0, step = numbers
    nx, ny = height.shape
    for t in range(len(first) - 1):
        out[t] = np.array([0.0, 0.0, 1e3])
        for p in range(first[t], first[t + 1]):
            ax, ay, az = points[p, 0] - centre[0], points[p, 1] - centre[1], points[p, 2] - centre[2]
            x = rotation[0, 0] * ax + rotation[0, 1] * ay + rotation[0, 2] * az + shift[0]
            y = rotation[1, 0] * ax + rotation[1, 1] * ay + rotation[1, 2] * az + shift[1]
            u, v = (x + centre[0] - x0) / step, (y + centre[1] - y0) / step
            i, j = int(np.floor(u)), int(np.floor(v))
            if i < 0 or j < 0 or i >= nx - 1 or j >= ny - 1:
                continue
            if ground[i, j] <= 0 or ground[i + 1, j] <= 0 or ground[i, j + 1] <= 0 or ground[i + 1, j + 1] <= 0:
                continue
            u -= i
            v -= j
            z = rotation[2, 0] * ax + rotation[2, 1] * ay + rotation[2, 2] * az + shift[2] + centre[2]
            gap = (height[i, j] * (1 - u) + height[i + 1, j] * u) * (1 - v)
            gap += (height[i, j + 1] * (1 - u) + height[i + 1, j + 1] * u) * v - z
            if gap < out[t, 2]:
                out[t, 0], out[t, 1], out[t, 2] = x, y, gap


@njit(cache=True)
def _price(least, plane, reach):  # type: ignore[no-untyped-def]
    if least[2] > _FAR_MM:
        return 1.0
    gap = least[2] - plane[0] - plane[1] * least[0] - plane[2] * least[1]
    if gap >= 0:
        return gap * gap / (gap * gap + reach * reach)
    deep = -gap / reach
    hard = deep * deep if deep < 1 else 2 * deep - 1
    return _HOPELESS * hard / (_HOPELESS + hard)


@njit(cache=True)
def _resting(least, weights, carrying, left, reach, most_tilt, plane):  # type: ignore[no-untyped-def]
    """Find the plane through three carrying teeth that lets most teeth touch; return what does not."""
    best = np.inf
    plane[:] = 0.0
    tried = np.zeros(3)
    count = len(least)
    for i in range(count):
        if not carrying[i] or least[i, 2] > _FAR_MM:
            continue
        for j in range(i + 1, count):
            if not carrying[j] or least[j, 2] > _FAR_MM:
                continue
            for k in range(j + 1, count):
                if not carrying[k] or least[k, 2] > _FAR_MM or left[i] == left[j] == left[k]:
                    continue
                if not _plane(least[i], least[j], least[k], most_tilt, tried):
                    continue
                cost = 0.0
                for t in range(count):
                    cost += weights[t] * _price(least[t], tried, reach)
                    if cost >= best:
                        break
                if cost < best:
                    best = cost
                    plane[:] = tried
    return best


@njit(cache=True)
def _plane(first, second, third, most_tilt, plane):  # type: ignore[no-untyped-def]
    """Write the plane through three places, as height at the centre and tilts; tell whether an arch can rest on it."""
    ux, uy, uz = second[0] - first[0], second[1] - first[1], second[2] - first[2]
    vx, vy, vz = third[0] - first[0], third[1] - first[1], third[2] - first[2]
    area = ux * vy - uy * vx
    if abs(area) < _TRIPOD_MM2:
        return False
    plane[1], plane[2] = (uz * vy - uy * vz) / area, (ux * vz - uz * vx) / area
    plane[0] = first[2] - plane[1] * first[0] - plane[2] * first[1]
    return abs(plane[1]) <= most_tilt and abs(plane[2]) <= most_tilt
