"""Bring two drawn arches into occlusion: the lower closes until it meets, then single teeth erupt to contact."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry import Mesh, concatenate
from oral_architect.geometry.rays import Target
from oral_architect.teeth import fdi as numbers

from .placed_tooth import DrawnArch, PlacedTooth

GRID_MM = 0.12
ERUPTION_MM = 1.2
"""A tooth rises by at most this much to meet its antagonist; it is held back by as much as it takes."""
TOUCH_MM = 0.1
"""Overlap left at contacts: what tooth and ligament give way under closing force."""


def occlude(upper: DrawnArch, lower: DrawnArch) -> DrawnArch:
    """Return the lower arch in occlusion with the upper, every posterior tooth meeting where it can.

    The incisors keep the overjet and overbite their arch forms give them.
    """
    top = concatenate([t.mesh for t in upper.present])
    heights = {t.fdi: _clearance(t.mesh, top) for t in lower.present}
    through = {t.fdi for t in lower.present if t.in_row and not t.sunk_mm}
    posterior = [h for fdi, h in heights.items() if numbers.position(fdi) >= 4 and fdi in through and np.isfinite(h)]
    settled = [h for h in heights.values() if np.isfinite(h)]
    if not settled:
        return lower
    close = float(np.median(posterior if len(posterior) >= 2 else settled)) + TOUCH_MM
    present = tuple(_raise(t, close, heights[t.fdi]) for t in lower.present)
    rest = np.array([0, 0, close])
    absent = tuple(_shift(t, rest) for t in lower.absent)
    return replace(lower, present=present, absent=absent)


def _raise(tooth: PlacedTooth, close: float, clearance: float) -> PlacedTooth:
    """Close one tooth with its arch, then let it erupt to contact.

    Incisors and teeth that are not through only move out of an overlap.
    """
    rise = close
    if np.isfinite(clearance):
        own = min(clearance + TOUCH_MM - close, ERUPTION_MM)
        if numbers.position(tooth.fdi) <= 3 or tooth.sunk_mm or not tooth.in_row:
            own = min(own, 0.0)
        rise += float(own)
    return _shift(tooth, np.array([0, 0, rise]))


def _shift(tooth: PlacedTooth, by_mm: NDArray[np.float64]) -> PlacedTooth:
    pose = tooth.pose.copy()
    pose[:3, 3] += by_mm
    return replace(tooth, pose=pose)


def _clearance(crown: Mesh, upper: Mesh) -> float:
    """Least vertical distance from a lower crown to the upper teeth, mm; infinite when nothing is above it."""
    low, high = crown.vertices.min(0) - 0.1, crown.vertices.max(0) + 0.1
    x, y = np.meshgrid(np.arange(low[0], high[0], GRID_MM), np.arange(low[1], high[1], GRID_MM), indexing="ij")
    flat = np.stack([x.ravel(), y.ravel()], axis=1)
    far = 200.0
    down = np.tile([0.0, 0.0, -1.0], (len(flat), 1))
    own, _ = Target(crown).first_hit(np.c_[flat, np.full(len(flat), far)], down)
    other, _ = Target(upper).first_hit(np.c_[flat, np.full(len(flat), -far)], -down)
    lower_z, upper_z = far - own, -far + other
    both = np.isfinite(own) & np.isfinite(other)
    return float((upper_z[both] - lower_z[both]).min()) if both.any() else np.inf
