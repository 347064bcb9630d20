"""Refuse, quickly, what is plainly no dental arch: wrong size, flat, round, box-like or smooth.

This is the first of two gates and lets anything through that might be a mouth; recognising the teeth
themselves is the second.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oral_architect.errors import NotAnArchError
from oral_architect.geometry import Mesh
from oral_architect.scan.units import extents

_SAMPLES = 4000
_PROBES = 300
_REACH_MM = 6.0
"""Half a tooth and its neighbour: within it teeth are rough and everything else is smooth."""
_CONE_DEG = 8.0

# Limits of the gate. They stand well outside what arches, halves, quadrants and three-tooth sections show:
# there, the least relief is 0.25 mm, the most planar share 0.43, the least openness 0.22.
_LONG_MM = (8.0, 130.0)
_MOST_SHORT_MM = 60.0
_LEAST_SHORT_MM = 2.5
_FLAT = 0.04
_BOX = 0.85
_SMOOTH_MM = 0.08
_LARGE_MM = 45.0
_ROUND = 0.7
_CLOSED = 0.1
_BASE = 0.06
_STOUT = 0.5


@dataclass(frozen=True)
class Shape:
    """What tells a mouth from other things; all independent of pose.

    Parameters
    ----------
    long_mm, middle_mm, short_mm
        Extents along the principal axes.
    openness
        Length of the summed area normals over the area: 0 for a closed surface, 1 for a flat sheet.
    base
        Share of the area that lies in one plane: the foot of a printed or plaster model.
    planar
        Share of the area that faces in one of six directions.
    roughness_mm
        Median over the surface of how far it leaves its best quadric within 6 mm.
    """

    long_mm: float
    middle_mm: float
    short_mm: float
    openness: float
    base: float
    planar: float
    roughness_mm: float


def describe(mesh: Mesh) -> Shape:
    """Measure a repaired, consistently wound surface, mm."""
    points, normals = _sample(mesh)
    long_mm, middle_mm, short_mm = (float(x) for x in extents(points))
    openness = float(np.linalg.norm(mesh.face_crosses.sum(axis=0)) / (2 * mesh.area_mm2))
    planar, base = _flatness(points, normals)
    return Shape(long_mm, middle_mm, short_mm, openness, base, planar, _roughness(points))


def check(mesh: Mesh, where: str) -> Shape:
    """Measure, and refuse what is plainly no arch.

    Raises
    ------
    NotAnArchError
        Naming the measure that does not fit.
    """
    shape = describe(mesh)
    reason = _objection(shape)
    if reason:
        raise NotAnArchError(
            f"this does not look like a dental arch: {reason}",
            where=where,
            todo="Give a scan of one jaw; if it is one, set its unit.",
        )
    return shape


def _objection(shape: Shape) -> str:
    """Return what speaks against a mouth, or nothing."""
    size = f"{shape.long_mm:.3g} × {shape.middle_mm:.3g} × {shape.short_mm:.3g} mm"
    slenderness = shape.short_mm / max(shape.long_mm, 1e-9)
    oversized = not _LONG_MM[0] <= shape.long_mm <= _LONG_MM[1] or shape.short_mm > _MOST_SHORT_MM
    flat = shape.short_mm < _LEAST_SHORT_MM or slenderness < _FLAT
    closed = shape.openness < _CLOSED and shape.base < _BASE
    objections = (
        (oversized, f"it measures {size}"),
        (flat, f"it is nearly flat ({size})"),
        (shape.planar > _BOX, f"{shape.planar:.0%} of its surface is six flat sides, as of a box"),
        (
            shape.roughness_mm < _SMOOTH_MM,
            f"it is smooth, without anything of the size of teeth (relief {shape.roughness_mm:.2f} mm)",
        ),
        (shape.long_mm > _LARGE_MM and slenderness > _ROUND, f"it is as high as it is wide ({size})"),
        (closed and slenderness > _STOUT, f"it is a closed body without a base ({size})"),
    )
    return next((reason for holds, reason in objections if holds), "")


def _sample(mesh: Mesh) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Spread points evenly over the surface, the same ones every time."""
    rng = np.random.Generator(np.random.Philox(key=0))
    reach = np.cumsum(mesh.face_areas)
    wanted = (np.arange(_SAMPLES) + rng.random(_SAMPLES)) / _SAMPLES * reach[-1]
    chosen = np.minimum(np.searchsorted(reach, wanted), len(reach) - 1)
    u, v = rng.random((2, _SAMPLES, 1))
    fold = u + v > 1
    u, v = np.where(fold, 1 - u, u), np.where(fold, 1 - v, v)
    a, b, c = (mesh.vertices[mesh.faces[chosen, i]] for i in range(3))
    return a + u * (b - a) + v * (c - a), mesh.face_normals[chosen]


def _flatness(points: NDArray[np.float64], normals: NDArray[np.float64]) -> tuple[float, float]:
    """Share of points facing in one of six directions, and share in the best single plane."""
    near = np.cos(np.radians(_CONE_DEG))
    left = np.ones(len(normals), dtype=bool)
    base = 0.0
    for _ in range(6):
        seeds = normals[left][:: max(1, int(left.sum()) // 250)]
        if len(seeds) == 0:
            break
        direction = seeds[np.argmax((seeds @ normals[left].T > near).sum(axis=1))]
        cone = left & (normals @ direction > near)
        height = np.sort(points[cone] @ direction)
        # the most points within a slab of half a millimetre
        inside = np.searchsorted(height, height + 0.5, side="right") - np.arange(len(height))
        base = max(base, float(inside.max(initial=0)) / len(points))
        left &= ~cone
    return 1.0 - float(left.mean()), base


def _roughness(points: NDArray[np.float64]) -> float:
    from scipy.spatial import cKDTree

    tree = cKDTree(points)
    residuals = []
    for centre in points[:: max(1, len(points) // _PROBES)]:
        near = points[tree.query_ball_point(centre, _REACH_MM)] - centre
        if len(near) < 12:
            continue
        near = near - near.mean(axis=0)
        x, y, z = (near @ np.linalg.svd(near, full_matrices=False)[2].T).T
        terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=1)
        fit = terms @ np.linalg.lstsq(terms, z, rcond=None)[0]
        residuals.append(float(np.sqrt(np.mean((z - fit) ** 2))))
    return float(np.median(residuals)) if residuals else 0.0
