"""A crown cut across at one mesiodistal place."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry import Mesh

Floats = NDArray[np.float64]


def section(mesh: Mesh, mesial_mm: float) -> Floats:
    """Cut a mesh of the tooth frame with the plane ``x = mesial_mm``.

    Returns
    -------
    (k, 2, 2) float, mm
        Line pieces, each two ends of (buccal, occlusal).
    """
    side = mesh.vertices[:, 0] - mesial_mm
    side = np.where(side == 0, 1e-9, side)
    corner = side[mesh.faces]
    crossed = mesh.faces[(corner.min(axis=1) < 0) & (corner.max(axis=1) > 0)]
    ends = []
    for a, b in ((0, 1), (1, 2), (2, 0)):
        low, high = side[crossed[:, a]], side[crossed[:, b]]
        share = low / np.where(low == high, 1.0, low - high)
        point = mesh.vertices[crossed[:, a]] + share[:, None] * (
            mesh.vertices[crossed[:, b]] - mesh.vertices[crossed[:, a]]
        )
        ends.append(np.where(((low < 0) != (high < 0))[:, None], point[:, 1:], np.nan))
    stacked = np.stack(ends, axis=1)
    real = np.isfinite(stacked[:, :, 0])
    stacked = stacked[real.sum(axis=1) == 2]
    real = real[real.sum(axis=1) == 2]
    return np.asarray(stacked[real].reshape(-1, 2, 2))


def highest(pieces: Floats, within_mm: float = 0.1) -> Floats | None:
    """Return the middle ``(buccal, occlusal) mm`` of what lies within ``within_mm`` of the highest point of a section.

    At the height of that point; ``None`` for an empty section.
    """
    if len(pieces) == 0:
        return None
    points = pieces[:, None, 0] + np.linspace(0, 1, 5)[None, :, None] * (pieces[:, None, 1] - pieces[:, None, 0])
    length = np.linalg.norm(pieces[:, 1] - pieces[:, 0], axis=1)
    top = float(points[:, :, 1].max())
    weight = length[:, None] * (points[:, :, 1] > top - within_mm)
    middle = float((weight * points[:, :, 0]).sum() / max(float(weight.sum()), 1e-12))
    return np.array([middle, top]) if weight.sum() > 0 else None


def buccal_profile(pieces: Floats, heights_mm: Floats) -> Floats:
    """Return the most buccal reach of a section at each height, ``(h,) mm``; NaN where it is not cut."""
    low, high = pieces[:, :, 1].min(axis=1), pieces[:, :, 1].max(axis=1)
    reach = np.full(len(heights_mm), np.nan)
    for i, height in enumerate(heights_mm):
        cut = pieces[(low <= height) & (high >= height) & (high > low)]
        if len(cut):
            share = (height - cut[:, 0, 1]) / (cut[:, 1, 1] - cut[:, 0, 1])
            reach[i] = float((cut[:, 0, 0] + share * (cut[:, 1, 0] - cut[:, 0, 0])).max())
    return reach
