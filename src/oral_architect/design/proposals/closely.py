"""Laying an inferred form closely along a finish line, and carrying its base below it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry import Mesh, Points
from oral_architect.geometry.closest import Surface
from oral_architect.teeth.shape_model import crown_model

Floats = NDArray[np.float64]

REACH_MM = 1.2
"""Distance over which a local difference at the finish line dies away."""
LEAST_SPREAD_MM = 0.12
"""Size of such differences, root mean square; more where the line shows more."""
LINE_MM = 0.02
"""Uncertainty of a point of the line."""
BELOW_MM = 0.6
"""The base lies at least this far below the finish line."""
PASSES = 2
"""Bent a second time, what the first left is gone: points of the wall slide while it bends."""
SPACING_MM = 0.3
"""Points of the line this far apart are enough."""


def base_below(points: Points, fdi: int, line: Points, up: Floats) -> Points:
    """Lower the base of a crown where a finish line runs beneath it.

    Parameters
    ----------
    points
        ``(1500, 3) mm``: points of the crown.
    fdi
        Whose model's point order they have.
    line
        ``(k, 3) mm``: the finish line.
    up
        ``(3,)``: unit direction from root to biting surface.
    """
    model = crown_model(fdi)
    rim = points[model.margin]
    lower = np.maximum(_over_line(rim, rim.mean(axis=0), line, up) + BELOW_MM, 0.0)
    lower = np.maximum.reduce([np.roll(lower, s) for s in (-1, 0, 1)])
    if lower.max() <= 0:
        return points
    out = points.copy()
    out[model.margin] -= lower[:, None] * up
    inner = np.setdiff1d(np.flatnonzero(model.base), model.margin)
    # the base sheet follows its rim, by inverse distance
    d2 = ((points[inner][:, None] - rim[None]) ** 2).sum(axis=2) + 1e-6
    share = 1.0 / d2**1.5
    out[inner] -= ((share @ lower) / share.sum(axis=1))[:, None] * up
    return out


def above(surface: Mesh, line: Points, mm: float) -> Mesh:
    """The part of a surface that lies more than so much occlusal (+z) of a finish line around it."""
    over = _over_line(surface.vertices, line.mean(axis=0), line, np.array([0.0, 0.0, 1.0])) > mm
    return surface.part(np.asarray(over[surface.faces].all(axis=1)))[0]


def through_line(mesh: Mesh, fdi: int, line: Points, sd_mm: Floats) -> tuple[Mesh, Floats]:
    """Bend a crown so that its wall runs through a finish line; also the standard deviation that is left.

    The difference is taken for a smooth random field (Gaussian process, squared exponential covariance).
    """
    left = np.ones(len(mesh.vertices))
    count = max(12, int(np.linalg.norm(np.diff(line, axis=0), axis=1).sum() / SPACING_MM))
    at = line[np.unique(np.linspace(0, len(line) - 1, count).round().astype(int))]
    for _ in range(PASSES):
        mesh, unknown = _bent(mesh, fdi, at)
        left = np.minimum(left, unknown)
    return mesh, np.sqrt(left * sd_mm**2 + (1 - left) * LINE_MM**2)


def _bent(mesh: Mesh, fdi: int, at: Points) -> tuple[Mesh, Floats]:
    """Bend a crown once toward points of the line; also the share of variance left at each of its points."""
    from scipy.linalg import cho_factor, cho_solve

    wall, _ = mesh.part(np.asarray(~crown_model(fdi).base[mesh.faces].all(axis=1)))
    near = Surface(wall).nearest(at)
    off = at - near.points
    spread2 = max(float((off * off).sum(axis=1).mean()), LEAST_SPREAD_MM**2)
    within = _covariance(near.points, near.points) * spread2
    within[np.diag_indices(len(at))] += LINE_MM**2
    factor = cho_factor(within, lower=True, check_finite=False)
    across = _covariance(mesh.vertices, near.points) * spread2
    moved = mesh.vertices + across @ cho_solve(factor, off, check_finite=False)
    told = (across * cho_solve(factor, across.T, check_finite=False).T).sum(axis=1) / spread2
    return Mesh(moved, mesh.faces), np.clip(1.0 - told, 0.0, 1.0)


def _covariance(a: Floats, b: Floats) -> Floats:
    d2 = (a * a).sum(axis=1)[:, None] + (b * b).sum(axis=1)[None] - 2 * a @ b.T
    return np.asarray(np.exp(-np.maximum(d2, 0.0) / (2 * REACH_MM**2)))


def _over_line(points: Points, centre: Floats, line: Points, up: Floats) -> Floats:
    """How far points lie above a line around them, seen from its middle, ``(n,) mm``."""
    a, b = _across(up)
    at = np.arctan2((points - centre) @ b, (points - centre) @ a)
    on_line = np.arctan2((line - centre) @ b, (line - centre) @ a)
    order = np.argsort(on_line, kind="stable")
    return np.asarray(
        (points - centre) @ up - np.interp(at, on_line[order], ((line - centre) @ up)[order], period=2 * np.pi)
    )


def _across(up: Floats) -> tuple[Floats, Floats]:
    seed = np.array([1.0, 0, 0]) if abs(up[0]) < 0.8 else np.array([0, 1.0, 0])
    a = np.cross(up, seed)
    a /= np.linalg.norm(a)
    return a, np.cross(up, a)
