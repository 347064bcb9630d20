"""The axial walls of a die: which way each side of it faces, without ledge, fillet and biting surface."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from oral_architect.geometry import Mesh, Points

from .axes_frame import upright_frame

Floats = NDArray[np.float64]

_SECTORS = 24
_SECTOR_DEG = 17.5
"""Faces this near to the direction of a sector count for it: neighbouring sectors share faces."""
_STEEP_DEG = 30.0
"""Walls are inclined less than this to the axis; the palatal slope of a front tooth is none."""
_LOWER, _LOWER_MM = 0.6, 1.5
"""A wall is told by this share of the die's height, at least so many mm; above it the top rounds off."""
_LEAST_MM2 = 0.15
_PLAIN = 0.4
"""Share of a sector's steep surface that is plain wall; the rest is fillet and rounded edge."""


def wall_normals(die: Mesh, finish_line: Points, axis: Floats) -> Floats:
    """Outward normals of the walls, ``(s, 3)``: one for each direction in which the die has a wall.

    Parameters
    ----------
    die
        Prepared surface, mm.
    finish_line
        ``(k, 3) mm``.
    axis
        ``(3,)``: about the insertion axis; what is steep is judged by it.
    """
    first, second = upright_frame(axis)
    normals, areas = die.face_normals, die.face_areas
    lean = np.arcsin(np.clip(normals @ axis, -1, 1))
    azimuth = np.arctan2(normals @ second, normals @ first)
    centres = die.vertices[die.faces].mean(axis=1)
    below = cKDTree(finish_line).query(centres, workers=1)[1]
    height = (centres - finish_line[below]) @ axis
    total = float((die.vertices @ axis).max() - (finish_line @ axis).mean())
    steep = (np.abs(lean) < np.deg2rad(_STEEP_DEG)) & (height < max(_LOWER * total, _LOWER_MM))
    found = []
    for middle in np.arange(_SECTORS) / _SECTORS * 2 * np.pi:
        apart = np.abs((azimuth - middle + np.pi) % (2 * np.pi) - np.pi)
        here = np.flatnonzero(steep & (apart < np.deg2rad(_SECTOR_DEG)))
        if areas[here].sum() > _LEAST_MM2:
            tilt = _plain(lean[here], areas[here])
            found.append(np.cos(tilt) * (np.cos(middle) * first + np.sin(middle) * second) + np.sin(tilt) * axis)
    return np.array(found).reshape(-1, 3)


def _plain(lean: Floats, area: Floats) -> float:
    """Mean of the shortest interval of inclinations that holds a good part of the area."""
    order = np.argsort(lean)
    value, weight = lean[order], area[order] / area.sum()
    share = np.cumsum(weight)
    last = np.searchsorted(share, share - weight + _PLAIN)
    fits = np.flatnonzero(last < len(value))
    k = int(fits[(value[last[fits]] - value[fits]).argmin()])
    within = slice(k, int(last[k]) + 1)
    return float((value[within] * weight[within]).sum() / weight[within].sum())
