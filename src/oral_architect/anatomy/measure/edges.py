"""The incisal edge of incisors and canines: its line, its angles and its middle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from oral_architect.geometry import Points

from .cusps import WORN_MM, Found
from .section import highest, section
from .view import CrownView

Floats = NDArray[np.float64]

_STATIONS = 21
_SMOOTHING = 0.7  # stations
_HALFWAY = np.array([[1.0, 0.0, 1.0], [-1.0, 0.0, 1.0]]) / np.sqrt(2)
_CORNER_MM = 0.05  # what lies this near to the farthest point makes the angle


@dataclass(frozen=True, eq=False)
class Edge:
    """An incisal edge, tooth frame."""

    line_mm: Points
    """``(k, 3) float, mm``, from the mesial to the distal angle."""
    points: tuple[Found, ...]


def incisal_edge(view: CrownView) -> Edge | None:
    """Trace the incisal edge.

    The angles are the points farthest in the directions half-way between occlusal and mesial or distal; the line
    follows the highest points of mesiodistal sections between them; the midpoint lies on it half-way from angle to
    angle, measured mesiodistally (a canine has its tip instead). An angle that is lost is left out.

    Returns
    -------
    Edge or None
        ``None`` for premolars and molars, and where hardly any edge is left.
    """
    if not view.is_anterior or len(view.mesh.faces) < 20:
        return None
    corners = [_farthest(view.mesh.vertices, direction) for direction in _HALFWAY]
    span = np.linspace(corners[0][0], corners[1][0], _STATIONS)
    inside = span[1:-1]
    tops = [(x, highest(section(view.mesh, float(x)))) for x in inside]
    ridge = [np.array([x, *top]) for x, top in tops if top is not None]
    if corners[0][0] - corners[1][0] < 1.0 or len(ridge) < _STATIONS // 2:
        return None
    line = np.array([corners[0], *ridge, corners[1]])
    line[1:-1, 1:] = gaussian_filter1d(line[:, 1:], _SMOOTHING, axis=0, mode="nearest")[1:-1]
    points = [
        _corner(view, corner, direction, name)
        for corner, direction, name in zip(corners, _HALFWAY, ("mesial", "distal"), strict=True)
    ]
    if view.fdi % 10 < 3:
        half = (corners[0][0] + corners[1][0]) / 2
        middle = np.array([np.interp(half, line[::-1, 0], line[::-1, axis]) for axis in range(3)])
        points.append(_middle(view, middle))
    return Edge(line, tuple(points))


def _farthest(points: Points, direction: Floats) -> Floats:
    reach = points @ direction
    return np.asarray(points[reach > reach.max() - _CORNER_MM].mean(axis=0))


def _corner(view: CrownView, corner: Floats, direction: Floats, name: str) -> Found:
    if view.fitted is not None:
        lost = float((_farthest(view.fitted, direction) - corner) @ direction)
        if lost > WORN_MM:
            return Found("incisal_edge", name, None, f"the {name} angle is lost or out of sight by {lost:.1f} mm")
    return Found("incisal_edge", name, corner)


def _middle(view: CrownView, middle: Floats) -> Found:
    if view.fitted is not None:
        near = view.fitted[np.abs(view.fitted[:, 0] - middle[0]) < 0.5]
        lost = float(near[:, 2].max() - middle[2]) if len(near) else 0.0
        if lost > WORN_MM:
            return Found("incisal_edge", "midpoint", None, f"the incisal edge is worn or broken by {lost:.1f} mm")
    return Found("incisal_edge", "midpoint", middle)
