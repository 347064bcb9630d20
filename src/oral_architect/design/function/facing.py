"""A surface a new form faces, at rest or on its way, and where on the form it is felt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry import Mesh, Points, Transform

from ..contact import Opposite

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def _lattice(steps: int) -> Floats:
    """Barycentric weights of an even lattice over a face, corners and edges included."""
    points = [(i, j, steps - i - j) for i in range(steps + 1) for j in range(steps + 1 - i)]
    return np.array(points, dtype=np.float64) / steps


_LATTICE, _DENSE = _lattice(3), _lattice(8)
"""Ten and 45 points of a face: between the corners, a contact is deeper than at them."""
_MIDDLE = np.array([[1 / 3, 1 / 3, 1 / 3]])
_FINE_MM = 0.12
"""Faces this little farther than the nearest one are looked at finely."""
_NEAREST_MM = 0.03
"""Faces so little farther than the nearest one are looked at densely."""
_TOUCHING_MM = 1e-3
"""Nearer than this the direction between two points says nothing; the surface's normal is taken."""


@dataclass(frozen=True, eq=False)
class Facing:
    """A surface the form may meet.

    Parameters
    ----------
    name
        ``mesial``, ``distal``, ``bite`` or a movement such as ``protrusion``.
    other
        The surface.
    to_other
        ``(4, 4)``: from the form's frame to that in which the surface lies; ``None`` at rest.
    """

    name: str
    other: Opposite
    to_other: Transform | None = None

    def gap_mm(self, points: Points, reach_mm: float = 2.0) -> Floats:
        """Signed gap of ``(n, 3)`` points of the form, mm; infinite beyond reach."""
        asked = self._moved(points)
        low, high = self.other.box_mm
        near = np.flatnonzero(((asked > low - reach_mm) & (asked < high + reach_mm)).all(axis=1))
        gap = np.full(len(asked), np.inf)
        if len(near):
            gap[near] = self.other.gap_mm(asked[near], reach_mm)
        return gap

    def look(self, points: Points, reach_mm: float = 2.0) -> tuple[Floats, Floats]:
        """Return the gap ``(n,) mm`` and the unit direction ``(n, 3)`` in which it widens."""
        asked = self._moved(points)
        surface = self.other.surface
        near = surface.nearest(asked)
        gap = surface.signed(asked, near)
        away = asked - near.points
        length = np.linalg.norm(away, axis=1)
        close = length < _TOUCHING_MM
        away[~close] *= (np.sign(gap[~close]) / length[~close])[:, None]
        normal = surface.pseudo_normals(near)[close]
        away[close] = normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
        gap[self.other.unsure(near, reach_mm)] = np.inf
        if self.to_other is not None:
            away = away @ self.to_other[:3, :3]
        return gap, away

    def _moved(self, points: Points) -> Points:
        if self.to_other is None:
            return points
        return np.asarray(points @ self.to_other[:3, :3].T + self.to_other[:3, 3])


@dataclass(frozen=True, eq=False)
class Samples:
    """Points of a mesh that move with it.

    Parameters
    ----------
    corners
        ``(n, 3) int``: vertices.
    weights
        ``(n, 3) float``: what each counts.
    """

    corners: Ints
    weights: Floats

    def __len__(self) -> int:
        return len(self.corners)

    def of(self, values: Floats) -> Floats:
        """Return per-vertex values ``(v,)`` or ``(v, d)`` at the points."""
        if values.ndim == 1:
            return np.asarray((values[self.corners] * self.weights).sum(axis=1))
        return np.asarray(np.einsum("nk,nkd->nd", self.weights, values[self.corners]))


def faces_near(mesh: Mesh, facing: Facing, free: Floats, within_mm: float) -> Ints:
    """Faces with a free corner whose middle is this near to what the form faces, ``(k,)``."""
    able = np.flatnonzero((free[mesh.faces] > 0).any(axis=1))
    gap = facing.gap_mm(mesh.vertices[mesh.faces[able]].mean(axis=1), within_mm)
    return able[np.isfinite(gap)]


def samples_on(mesh: Mesh, faces: Ints, facing: Facing, within_mm: float) -> Samples:
    """Choose the points of some faces with which a form may feel a surface.

    Faces nearer than ``within_mm``, or nearly as near as the nearest one, get ten points, the very nearest ones 45,
    the others one.
    """
    corners = mesh.faces[faces].astype(np.int64)
    gap = facing.gap_mm(mesh.vertices[corners].mean(axis=1))
    least = float(gap.min(initial=np.inf))
    close = (gap < max(within_mm, least + _FINE_MM)) & np.isfinite(gap)
    nearest = close & (gap < least + _NEAREST_MM)
    groups = ((corners[nearest], _DENSE), (corners[close & ~nearest], _LATTICE), (corners[~close], _MIDDLE))
    return Samples(
        np.concatenate([np.repeat(c, len(w), axis=0) for c, w in groups]),
        np.concatenate([np.tile(w, (len(c), 1)) for c, w in groups]),
    )
