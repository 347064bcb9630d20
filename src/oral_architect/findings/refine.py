"""Laying the expected crown closely over the sound surface, and letting it run on smoothly where substance is gone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry import Mask, Mesh
from oral_architect.geometry.closest import Surface

from .fit import near_border, trust

Floats = NDArray[np.float64]

REACH_MM = 1.6
"""Distance over which a local difference between the model and a real crown dies away."""
SPREAD_MM = 0.12
"""Size of such differences, root mean square (what the modes leave unexplained)."""
SCAN_MM = 0.03
"""Uncertainty of a scanned point."""


def refine(expected: Mesh, sd_mm: Floats, closed: Mask, crown: Mesh, depth_mm: float) -> tuple[Mesh, Floats]:
    """Return the expected crown laid over the sound surface, and its standard deviation ``(n,) mm``.

    The difference between scan and expected crown is taken for a smooth random field along the normals (Gaussian
    process, squared exponential covariance); points distrusted as loss, and places the scan does not show, say
    nothing about it.

    Parameters
    ----------
    expected
        Closed crown of the shape model, same frame as ``crown``, mm.
    sd_mm
        ``(n,)`` standard deviation of its points along the normal.
    closed
        ``(n,) bool``: points that stand for no tooth surface.
    crown
        The scanned surface, open, mm.
    depth_mm
        Depth from which a point inside the expected surface is taken for loss.
    """
    from scipy.linalg import cho_factor, cho_solve

    near = Surface(crown).nearest(expected.vertices)
    normals = expected.vertex_normals
    outside = ((near.points - expected.vertices) * normals).sum(axis=1)
    facing = (crown.face_normals[near.faces] * normals).sum(axis=1)
    aside = np.sqrt(np.maximum(near.distance_mm**2 - outside**2, 0.0))
    weight = trust(outside, depth_mm) * np.clip((facing - 0.3) / 0.4, 0, 1)
    seen = ~closed & (weight > 0.02) & (aside < 0.3) & ~near_border(crown, near.points, 0.15)
    if int(seen.sum()) < 20:
        return expected, np.hypot(sd_mm, SPREAD_MM)
    at = expected.vertices[seen]
    noise = SCAN_MM**2 / weight[seen] + np.where(outside[seen] < 0, 0.2 * outside[seen] ** 2, 0.0)
    within = _covariance(at, at)
    within[np.diag_indices(len(at))] += noise
    factor = cho_factor(within, lower=True, overwrite_a=True, check_finite=False)
    across = _covariance(expected.vertices, at)
    shift = across @ cho_solve(factor, outside[seen], check_finite=False)
    explained = (across * cho_solve(factor, across.T, check_finite=False).T).sum(axis=1)
    left = np.maximum(1.0 - explained / SPREAD_MM**2, 0.0)
    sd = np.sqrt(left * (sd_mm**2 + SPREAD_MM**2) + (1 - left) * SCAN_MM**2)
    return Mesh(expected.vertices + shift[:, None] * normals, expected.faces), sd


def _covariance(a: Floats, b: Floats) -> Floats:
    d2 = (a * a).sum(axis=1)[:, None] + (b * b).sum(axis=1)[None] - 2 * a @ b.T
    return np.asarray(SPREAD_MM**2 * np.exp(-np.maximum(d2, 0.0) / (2 * REACH_MM**2)))
