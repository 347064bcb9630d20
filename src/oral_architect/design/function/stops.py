"""Where a tooth shall meet the other jaw: places that are near already, sound for a contact, and balanced."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from oral_architect.teeth.fdi import is_anterior

from ..estimates import estimate
from ..form import Form
from .facing import Facing
from .wanted import StopKind

Floats = NDArray[np.float64]

CANDIDATES = 12
"""Places that are weighed against one another at the most."""
_FACING = -0.5
"""Cosine between the two surfaces' normals from which on they face each other."""
_RING_MM = (0.7, 1.3)
"""Ring about a place whose height tells cusp from fossa."""
_STEEP = 0.8
"""Cosine to the occlusal direction below which a place is an incline."""
_CUSP_MM = 0.1
_RIDGE = 0.55
"""Marginal ridges lie beyond this share of the half width."""
COST_INCLINE_MM, COST_BALANCE_MM, COST_WAY_MM = 0.10, 0.25, 0.5
"""What an incline, a full imbalance, and 1 mm of interference on the way cost, in mm of displacement."""


@dataclass(frozen=True, eq=False)
class Stop:
    """A place for a contact in intercuspation.

    Parameters
    ----------
    at
        ``(3,) float, mm``: on the form.
    kind
        What of the form is there.
    gap_mm
        Gap to the other jaw now.
    frame
        ``(2,) float``: mesial and buccal place in half widths.
    worse_mm
        How much nearer the other jaw comes there on its ways than at rest.
    """

    at: Floats
    kind: StopKind
    gap_mm: float
    frame: Floats
    worse_mm: float


def candidates(form: Form, axes: Floats, fdi: int, bite: Facing, ways: list[Facing]) -> list[Stop]:
    """Find the places of a form that are nearest to the other jaw round about, the nearest first.

    Parameters
    ----------
    form
        The form.
    axes
        ``(3, 3)`` unit rows mesial, buccal, occlusal.
    fdi
        The tooth.
    bite
        The other jaw at rest.
    ways
        The other jaw on its ways.
    """
    from scipy.spatial import cKDTree

    mesh = form.mesh
    able = np.flatnonzero(form.new > 0.9)
    points, normals = mesh.vertices[able], mesh.vertex_normals[able]
    gap, away = bite.look(points)
    reach = estimate("stop_reach").need("value")
    good = np.isfinite(gap) & ((normals * away).sum(axis=1) < _FACING) & (gap < reach)
    if not good.any():
        return []
    able, points, normals, gap = able[good], points[good], normals[good], gap[good]
    tree = cKDTree(points)
    apart = estimate("stop_apart").need("value")
    found: list[Stop] = []
    taken: list[Floats] = []
    lowest = np.array([gap[near].min() for near in tree.query_ball_point(points, apart / 2)])
    for i in np.argsort(gap, kind="stable"):
        if gap[i] > lowest[i] + 1e-9 or any(np.linalg.norm(points[i] - p) < apart / 2 for p in taken):
            continue
        taken.append(points[i])
        found.append(_described(form, axes, fdi, points[i], normals[i], float(gap[i]), ways))
        if len(found) == CANDIDATES:
            break
    return found


def choose(found: list[Stop], count: int, overlap_mm: float) -> list[Stop]:
    """Choose the places that need the least displacement, are no inclines, clear the way, and balance the tooth.

    All choices of ``count`` places that are far enough apart are weighed; with too few places, fewer are chosen.
    """
    apart = estimate("stop_apart").need("value")
    for size in range(min(count, len(found)), 0, -1):
        best: tuple[float, tuple[Stop, ...]] | None = None
        for group in combinations(found, size):
            if any(float(np.linalg.norm(a.at - b.at)) < apart for a, b in combinations(group, 2)):
                continue
            price = _price(group, overlap_mm)
            if best is None or price < best[0] - 1e-12:
                best = (price, group)
        if best is not None:
            return list(best[1])
    return []


def given(form: Form, axes: Floats, fdi: int, at: Floats, bite: Facing, ways: list[Facing]) -> Stop:
    """Describe the place of a form nearest to a point a person named."""
    able = np.flatnonzero(form.new > 0.9)
    i = able[int(np.argmin(((form.mesh.vertices[able] - at) ** 2).sum(axis=1)))]
    point = form.mesh.vertices[i]
    gap = float(bite.gap_mm(point[None])[0])
    return _described(form, axes, fdi, point, form.mesh.vertex_normals[i], gap, ways)


def place_in_crown(form: Form, axes: Floats, points: Floats) -> Floats:
    """Return places as mesial and buccal shares of the half widths, ``(n, 2)``, 0 in the middle."""
    flat = form.mesh.vertices[form.new > 0.5] @ axes[:2].T
    low, high = flat.min(axis=0), flat.max(axis=0)
    return np.asarray((points @ axes[:2].T - (low + high) / 2) / np.maximum((high - low) / 2, 1e-9))


def _price(group: tuple[Stop, ...], overlap_mm: float) -> float:
    moved = sum(abs(s.gap_mm + overlap_mm) for s in group) / len(group)
    inclines = sum(s.kind == "incline" for s in group) / len(group)
    way = sum(s.worse_mm for s in group) / len(group)
    off = np.mean([s.frame for s in group], axis=0)
    return moved + COST_INCLINE_MM * inclines + COST_WAY_MM * way + COST_BALANCE_MM * float(np.abs(off).sum())


def _described(
    form: Form, axes: Floats, fdi: int, point: Floats, normal: Floats, gap_mm: float, ways: list[Facing]
) -> Stop:
    frame = place_in_crown(form, axes, point[None])[0]
    met = [float(way.gap_mm(point[None])[0]) for way in ways]
    worse = max([gap_mm - g for g in met if np.isfinite(g)], default=0.0)
    return Stop(point, _kind(form, axes, fdi, point, normal, frame), gap_mm, frame, max(worse, 0.0))


def _kind(form: Form, axes: Floats, fdi: int, point: Floats, normal: Floats, frame: Floats) -> StopKind:
    vertices = form.mesh.vertices
    away = np.linalg.norm(vertices - point, axis=1)
    ring = vertices[(away > _RING_MM[0]) & (away < _RING_MM[1]) & (form.new > 0.5)]
    rise = float(point @ axes[2] - (ring @ axes[2]).mean()) if len(ring) else 0.0
    if is_anterior(fdi):
        top = float((vertices[form.new > 0.5] @ axes[2]).max())
        return "incisal edge" if top - float(point @ axes[2]) < 1.0 else "incline"
    if rise > 2 * _CUSP_MM and normal @ axes[2] > _STEEP:
        return "cusp tip"
    if rise < -_CUSP_MM:
        return "fossa"
    if abs(frame[0]) > _RIDGE and normal @ axes[2] > 0.6:
        return "marginal ridge"
    if rise > _CUSP_MM and normal @ axes[2] > 0.7:
        return "cusp tip"
    return "incline" if normal @ axes[2] < _STEEP else "fossa" if rise < 0 else "cusp tip"
