"""The gingival margin of a tooth as one closed smooth line: followed where scanned, bridged where teeth touch."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.spatial import cKDTree

from oral_architect.errors import StageError
from oral_architect.geometry import Mask, Mesh, Points

from ..reading.refine import concavity_per_mm
from .crown import border_kinds, extract_crown

SPACING_MM = 0.2
"""Distance between neighbouring points of a margin."""

_WORKING_STEP_MM = 0.25
_REACH_MM = 0.5  # how far from the label border the crease is looked for
_OFFSETS_MM = np.linspace(-_REACH_MM, _REACH_MM, 9)
_STIFFNESS_PER_MM2 = 3.0  # cost of a jump between neighbouring offsets
_HOLD_PER_MM2 = 0.6  # cost of leaving the label border
_DEEP_PER_MM = 2.0  # a valley deeper than this is no better than one this deep
_SMOOTHING_MM = 0.4
_SHORTEST_RUN_MM = 0.6  # a glimpse of gingiva between two contacts shorter than this is no support for the line
_TIP_MM = 0.75  # at the tip of a papilla the border follows the papilla outward, not the tooth
_LONGEST_BRIDGE_MM = 7.0  # a longer stretch out of sight (a hole in the scan) is followed as it is, not cut short
_BRIDGE_TENSION = 0.7  # length of a bridge's end tangents as a part of its chord


def gingival_margin(mesh: Mesh, labels: NDArray[np.integer[Any]], fdi: int) -> Points:
    """Trace the gingival margin of a tooth.

    The crown's outer border, moved to the deepest crease within half a millimetre wherever it meets gingiva; where it
    meets only a neighbouring tooth or the edge of the scan the true margin is out of sight, and a curve that leaves
    and arrives in the direction of the visible line takes its place.

    Parameters
    ----------
    mesh
        The scan, ``n`` vertices, mm.
    labels
        ``(n,) int``, 0 gingiva.
    fdi
        The tooth.

    Returns
    -------
    (k, 3) float, mm
        Closed line without its repeated first point, counter-clockwise seen from the occlusal side, about 0.2 mm
        between points.

    Raises
    ------
    StageError
        When the tooth has too little surface or no border.
    """
    labels = np.asarray(labels)
    crown = extract_crown(mesh, labels, fdi)
    if len(crown.border) < 6:
        raise StageError(
            f"the surface labelled {fdi} has no border",
            where=f"anatomy: margin of {fdi}",
            todo="Check the labels of this tooth.",
        )
    kinds = border_kinds(mesh, labels, fdi, crown.vertex_ids[crown.border])
    line, position = _resample(crown.mesh.vertices[crown.border], _WORKING_STEP_MM)
    seen = kinds[np.floor(position).astype(np.int64) % len(kinds)] == 0
    seen = _without_short_runs(seen, round(_SHORTEST_RUN_MM / _WORKING_STEP_MM))
    seen = _without_ends(seen, round(_TIP_MM / _WORKING_STEP_MM))
    line = _smooth(line, 1.5)
    surround, _ = mesh.part(_faces_near(mesh, line, 2.5))
    line = _snap_to_crease(surround, line, seen)
    up = crown.mesh.face_crosses.sum(axis=0)
    line = _bridge(line, seen, up / max(float(np.linalg.norm(up)), 1e-12))
    for _ in range(2):  # even steps after the first pass undo what bunched up where the line turned sharply
        line = _smooth(_resample(line, SPACING_MM)[0], _SMOOTHING_MM / SPACING_MM)
    return _resample(line, SPACING_MM)[0]


def _resample(loop: Points, step_mm: float) -> tuple[Points, NDArray[np.float64]]:
    """Points at even steps along a closed line, and their places in the old numbering."""
    closed = np.concatenate([loop, loop[:1]])
    reach = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(closed, axis=0), axis=1))])
    count = max(8, round(reach[-1] / step_mm))
    at = np.arange(count) * reach[-1] / count
    points = np.stack([np.interp(at, reach, closed[:, axis]) for axis in range(3)], axis=1)
    return points, np.interp(at, reach, np.arange(len(closed)))


def _smooth(loop: Points, sigma: float) -> Points:
    """Gaussian smoothing along a closed line; at half a millimetre a margin shrinks by 0.03 mm (sigma²/2R)."""
    return np.asarray(gaussian_filter1d(loop, sigma, axis=0, mode="wrap"))


def _without_short_runs(seen: Mask, shortest: int) -> Mask:
    """Turn runs of seen points shorter than ``shortest`` into unseen ones, and the reverse; the line is closed."""
    result = seen
    for value in (False, True):  # first close small gaps in what is seen, then drop small glimpses
        if result.all() or not result.any():
            return result
        result = result.copy()
        for run in _runs(result == value):
            if len(run) < shortest:
                result[run] = not value
    return result


def _without_ends(seen: Mask, count: int) -> Mask:
    """Shorten every seen run by ``count`` points at both ends, unless nothing would be left of all."""
    if seen.all():
        return seen
    kept = seen.copy()
    for step in range(1, count + 1):
        kept &= np.roll(seen, step) & np.roll(seen, -step)
    return kept if kept.any() else seen


def _runs(mask: Mask) -> list[NDArray[np.int64]]:
    """Index runs of a cyclic mask that is neither empty nor full."""
    n = len(mask)
    first = int(np.flatnonzero(mask & ~np.roll(mask, 1))[0])
    order = (np.arange(n) + first) % n
    cuts = np.flatnonzero(np.diff(mask[order].astype(np.int8))) + 1
    return [part for part in np.split(order, cuts) if mask[part[0]]]


def _faces_near(mesh: Mesh, line: Points, distance_mm: float) -> Mask:
    found, _ = cKDTree(line).query(mesh.vertices, distance_upper_bound=distance_mm)
    return np.asarray(np.isfinite(found)[mesh.faces].any(axis=1))


def _snap_to_crease(surround: Mesh, line: Points, seen: Mask) -> Points:
    """Shift seen points sideways on the surface to the valley, by dynamic programming over the offsets."""
    from oral_architect.geometry.closest import Surface

    surface = Surface(surround)
    normals = surface.interpolate(surround.vertex_normals, surface.nearest(line))
    along = np.roll(line, -1, axis=0) - np.roll(line, 1, axis=0)
    aside = np.cross(normals, along)
    aside /= np.maximum(np.linalg.norm(aside, axis=1, keepdims=True), 1e-12)
    probes = (line[:, None] + _OFFSETS_MM[None, :, None] * aside[:, None]).reshape(-1, 3)
    near = surface.nearest(probes)
    depth = surface.interpolate(concavity_per_mm(surround), near).reshape(len(line), -1)
    # the outermost vertices of the tooth lie half an edge inside the border of the labels; -aside leads outward
    border = -float(np.sqrt(np.median(surround.face_areas) / np.sqrt(3)))
    cost = -np.clip(depth, -_DEEP_PER_MM, _DEEP_PER_MM) + _HOLD_PER_MM2 * (_OFFSETS_MM - border) ** 2
    cost[~seen] = 0.0
    pick = _cheapest_closed_path(cost, _STIFFNESS_PER_MM2 * (_OFFSETS_MM[:, None] - _OFFSETS_MM[None]) ** 2 * 4)
    return np.asarray(near.points.reshape(len(line), -1, 3)[np.arange(len(line)), pick])


def _cheapest_closed_path(cost: NDArray[np.float64], jump: NDArray[np.float64]) -> NDArray[np.int64]:
    """One state a step along a closed line; the line is walked three times and the middle round kept."""
    rounds = np.concatenate([cost, cost, cost])
    best = rounds[0]
    came_from = np.zeros(rounds.shape, dtype=np.int64)
    for i in range(1, len(rounds)):
        reach = best[:, None] + jump
        came_from[i] = reach.argmin(axis=0)
        best = reach.min(axis=0) + rounds[i]
    state = int(best.argmin())
    path = np.zeros(len(rounds), dtype=np.int64)
    for i in range(len(rounds) - 1, -1, -1):
        path[i] = state
        state = int(came_from[i, state])
    return path[len(cost) : 2 * len(cost)]


def _bridge(line: Points, seen: Mask, up: NDArray[np.float64]) -> Points:
    """Replace unseen stretches by cubic curves that continue the seen line at both ends."""
    if seen.all() or not seen.any():
        return line
    n = len(line)
    result = line.copy()
    look = max(2, round(1.5 / _WORKING_STEP_MM))
    for run in _runs(~seen):
        if len(run) * _WORKING_STEP_MM > _LONGEST_BRIDGE_MM:
            continue
        before, after = (run[0] - 1) % n, (run[-1] + 1) % n
        chord = float(np.linalg.norm(line[after] - line[before]))
        leave = _end_direction(line, seen, int(before), -1, look)
        arrive = -_end_direction(line, seen, int(after), 1, look)
        # the papilla lifts the line toward the contact, never into it
        leave = _limit_climb(leave, up)
        arrive = -_limit_climb(-arrive, up)
        t = ((np.arange(len(run)) + 1) / (len(run) + 1))[:, None]
        pull = _BRIDGE_TENSION * chord
        result[run] = (
            (2 * t**3 - 3 * t**2 + 1) * line[before]
            + (t**3 - 2 * t**2 + t) * pull * leave
            + (-2 * t**3 + 3 * t**2) * line[after]
            + (t**3 - t**2) * pull * arrive
        )
    return result


def _end_direction(line: Points, seen: Mask, end: int, step: int, look: int) -> NDArray[np.float64]:
    """Unit direction in which the seen line runs out at ``end``, pointing out of it; ``step`` leads back into it."""
    reach = 0
    while reach < look and seen[(end + step * (reach + 1)) % len(line)]:
        reach += 1
    out = line[end] - line[(end + step * max(reach, 1)) % len(line)]
    return np.asarray(out / max(float(np.linalg.norm(out)), 1e-12))


def _limit_climb(direction: NDArray[np.float64], up: NDArray[np.float64]) -> NDArray[np.float64]:
    climb = float(direction @ up)
    flat = direction - climb * up
    flat = flat / max(float(np.linalg.norm(flat)), 1e-12)
    limited = flat + np.clip(climb, 0.0, 0.5) * up
    return np.asarray(limited / np.linalg.norm(limited))
