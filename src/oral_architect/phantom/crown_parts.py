"""Where things are on a crown: its surfaces, cusps, cervical rim and thickness."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry.mesh import Mesh, Points
from oral_architect.teeth.fdi import is_anterior

SURFACES = ("M", "D", "B", "L", "O", "I")
"""Mesial, distal, buccal, lingual, occlusal, incisal."""

_RIM_SECTORS = 48
_RIM_WAVES = 4


@dataclass(frozen=True, eq=False)
class CrownParts:
    """A closed crown in its tooth frame and what can be read off it.

    Parameters
    ----------
    mesh
        Closed crown, mm; +x mesial, +y buccal, +z occlusal, origin near its centroid. Its bottom is an artificial base.
    fdi
        Tooth number.
    gingiva_mm
        How much of the crown above its base lies under the gingiva.
    """

    mesh: Mesh
    fdi: int
    gingiva_mm: float = 0.0

    @property
    def top_letter(self) -> str:
        """``"I"`` for incisors and canines, ``"O"`` for premolars and molars."""
        return "I" if is_anterior(self.fdi) else "O"

    @cached_property
    def low_mm(self) -> Points:
        """``(3,) float, mm``: lowest corner of the bounding box."""
        return np.asarray(self.mesh.vertices.min(axis=0))

    @cached_property
    def high_mm(self) -> Points:
        """``(3,) float, mm``: highest corner of the bounding box."""
        return np.asarray(self.mesh.vertices.max(axis=0))

    @property
    def height_mm(self) -> float:
        """From the lowest point of the base to the highest cusp."""
        return float(self.high_mm[2] - self.low_mm[2])

    @cached_property
    def face_surfaces(self) -> NDArray[np.str_]:
        """``(m,) str``: the surface letter of each face, empty on the artificial base."""
        centers = self.mesh.vertices[self.mesh.faces].mean(axis=1)
        return self._letters(centers, self.mesh.face_normals)

    @cached_property
    def vertex_surfaces(self) -> NDArray[np.str_]:
        """``(n,) str``: the surface letter of each vertex, empty on the artificial base."""
        return self._letters(self.mesh.vertices, self.mesh.vertex_normals)

    def _letters(self, points: Points, normals: Points) -> NDArray[np.str_]:
        middle, half = (self.low_mm + self.high_mm) / 2, (self.high_mm - self.low_mm) / 2
        place = (points - middle) / half
        towards = place[:, :2] + normals[:, :2]
        letters = np.where(
            np.abs(towards[:, 0]) > np.abs(towards[:, 1]),
            np.where(towards[:, 0] > 0, "M", "D"),
            np.where(towards[:, 1] > 0, "B", "L"),
        )
        lowest_top = 0.6 if is_anterior(self.fdi) else -0.1
        letters[(normals[:, 2] > 0.55) & (place[:, 2] > lowest_top)] = self.top_letter
        letters[self.is_base(points, normals)] = ""
        return letters

    def is_base(self, points: Points, normals: Points) -> NDArray[np.bool_]:
        """Whether places ``(n, 3) mm`` with outward normals ``(n, 3)`` belong to the artificial base."""
        return np.asarray((normals[:, 2] < -0.6) & (points[:, 2] < self.low_mm[2] + 0.35 * self.height_mm))

    @cached_property
    def _rim_waves(self) -> NDArray[np.float64]:
        """Low-order Fourier coefficients of the height at which the base begins, by azimuth."""
        v = self.mesh.vertices
        wall = v[~self.is_base(v, self.mesh.vertex_normals)]
        sector = ((np.arctan2(wall[:, 1], wall[:, 0]) / (2 * np.pi) % 1.0) * _RIM_SECTORS).astype(int) % _RIM_SECTORS
        lowest = np.full(_RIM_SECTORS, np.inf)
        np.minimum.at(lowest, sector, wall[:, 2])
        found = np.flatnonzero(np.isfinite(lowest))
        lowest = np.interp(np.arange(_RIM_SECTORS), found, lowest[found], period=_RIM_SECTORS)
        angles = (np.arange(_RIM_SECTORS) + 0.5) / _RIM_SECTORS * 2 * np.pi
        return np.asarray(np.linalg.lstsq(_fourier(angles), lowest, rcond=None)[0])

    def rim_mm(self, points: Points) -> NDArray[np.float64]:
        """Height ``(n,) float, mm`` of the cervical rim of the crown below or above ``points`` ``(n, 3)``."""
        return np.asarray(_fourier(np.arctan2(points[:, 1], points[:, 0])) @ self._rim_waves)

    def above_gingiva_mm(self, points: Points) -> NDArray[np.float64]:
        """How far ``points`` ``(n, 3)`` stand above the gingival margin, ``(n,) float, mm``."""
        return points[:, 2] - self.rim_mm(points) - self.gingiva_mm

    @cached_property
    def cusps(self) -> NDArray[np.int64]:
        """``(k,) int``: vertices at the cusp tips, highest first; incisors have theirs along the edge."""
        v, n = self.mesh.vertices, self.mesh.vertex_normals
        candidates = np.flatnonzero((n[:, 2] > 0.3) & (v[:, 2] > self.low_mm[2] + 0.5 * self.height_mm))
        apart_mm = 0.28 * float(np.min(self.high_mm[:2] - self.low_mm[:2])) + 0.6
        chosen: list[int] = []
        for i in candidates[np.argsort(-v[candidates, 2], kind="stable")]:
            close = np.linalg.norm(v[candidates, :2] - v[i, :2], axis=1) < 0.9
            is_peak = v[i, 2] >= v[candidates[close], 2].max()
            if is_peak and all(np.linalg.norm(v[i, :2] - v[j, :2]) > apart_mm for j in chosen):
                chosen.append(int(i))
        return np.array(chosen[:5], dtype=np.int64)

    def thickness_mm(self, points: Points, normals: Points) -> NDArray[np.float64]:
        """How much tooth lies under each place, along its inward normal, ``(n,) float, mm``."""
        from embreex import rtcore_scene
        from embreex.mesh_construction import TriangleMesh

        scene = rtcore_scene.EmbreeScene()
        TriangleMesh(scene, self.mesh.vertices[self.mesh.faces].astype(np.float32))
        starts = (points - 0.02 * normals).astype(np.float32)
        distance = np.asarray(scene.run(starts, -normals.astype(np.float32), query="DISTANCE"), dtype=np.float64)
        return np.asarray(np.clip(distance + 0.02, 0.0, 30.0))


def _fourier(angles: NDArray[np.float64]) -> NDArray[np.float64]:
    orders = np.arange(1, _RIM_WAVES + 1)
    return np.concatenate(
        [np.ones((len(angles), 1)), np.cos(angles[:, None] * orders), np.sin(angles[:, None] * orders)], axis=1
    )
