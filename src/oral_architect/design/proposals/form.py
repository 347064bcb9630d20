"""A tooth's form and place as numbers: turn, shift, size, shape modes, and how each surface point answers to them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry import Mesh
from oral_architect.geometry.closest import Nearest, Surface
from oral_architect.geometry.registration import rotation_from_vector
from oral_architect.teeth.shape_model import CrownModel, crown_model

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SKIRT_MM = (1.5, 4.0)
"""How far below the gingival margin the wall is carried on, so that a line hidden under the gingiva finds a wall."""
TAPER = 0.15
"""How far the root narrows on each side per millimetre below the margin: about 9 degrees, a round figure."""


@dataclass(frozen=True, eq=False)
class Wall:
    """The tooth surface of a crown model, without its base, carried on toward the root below its margin.

    ``source`` ``(v,)``: the model point each vertex follows; ``below_mm`` ``(v,)``: how far under it the vertex lies,
    and ``offset_mm`` ``(v, 3)`` where; ``faces`` ``(f, 3)``; ``rim`` ``(m,)``: vertices of the model's gingival
    margin, in order.
    """

    source: Ints
    below_mm: Floats
    offset_mm: Floats
    faces: NDArray[np.int32]
    rim: Ints


@dataclass(frozen=True, eq=False)
class Stand:
    """One form in one place, in the frame in which the tooth is inferred (mesial, buccal, occlusal; mm)."""

    fdi: int
    rotation: Floats
    """``(3, 3)``: model to frame."""
    origin_mm: Floats
    log_size: float
    coefficients: Floats

    @property
    def model(self) -> CrownModel:
        """The shape model of this tooth."""
        return crown_model(self.fdi)

    @property
    def unknowns(self) -> int:
        """Turn, shift, log size, coefficients."""
        return 7 + len(self.coefficients)

    def mesh(self) -> Mesh:
        """The closed crown."""
        return Mesh(self._placed(self.model.points(self.coefficients)), self.model.faces)

    def wall(self) -> Mesh:
        """The tooth surface carried on below the margin."""
        w = wall_of(self.fdi)
        local = self.model.points(self.coefficients)[w.source] + w.offset_mm
        return Mesh(self._placed(local), w.faces)

    def moved(self, step: Floats) -> Stand:
        """Return the form after a step of turn (rad), shift (mm), log size and coefficients."""
        return replace(
            self,
            rotation=rotation_from_vector(step[:3]) @ self.rotation,
            origin_mm=self.origin_mm + step[3:6],
            log_size=self.log_size + float(step[6]),
            coefficients=self.coefficients + step[7:],
        )

    def answer(self, at: Floats, along: Floats, shift: Floats) -> Floats:
        """How far points move along directions per unit of each unknown, ``(n, 7 + k)``.

        Parameters
        ----------
        at
            ``(n, 3) mm``: where the points are.
        along
            ``(n, 3)``: unit directions.
        shift
            ``(n, 3, k)``: the modes at those points, in the model's frame.
        """
        arm = at - self.origin_mm
        inward = along @ self.rotation * np.exp(self.log_size)
        modes = np.matmul(inward[:, None, :], shift)[:, 0]
        return np.hstack([np.cross(arm, along), along, (arm * along).sum(axis=1, keepdims=True), modes])

    def modes_at(self, near: Nearest) -> Floats:
        """The modes at points of the wall, ``(n, 3, k)``."""
        w = wall_of(self.fdi)
        corners = w.source[w.faces[near.faces]]
        table = _mode_table(self.fdi)
        out = np.zeros((len(corners), 3, table.shape[2]))
        for corner in range(3):
            out += near.weights[:, corner, None, None] * table[corners[:, corner]]
        return out

    def modes_of(self, vertices: Ints) -> Floats:
        """The modes at vertices of the wall, ``(n, 3, k)``."""
        return np.asarray(_mode_table(self.fdi)[wall_of(self.fdi).source[vertices]])

    def _placed(self, local: Floats) -> Floats:
        return np.asarray(np.exp(self.log_size) * local @ self.rotation.T + self.origin_mm)


@lru_cache(maxsize=32)
def wall_of(fdi: int) -> Wall:
    """Return the wall of a tooth's model."""
    model = crown_model(fdi)
    n = len(model.mean)
    kept = model.faces[~model.base[model.faces].all(axis=1)]
    loop = model.margin.astype(np.int64)
    if _runs_with(kept, loop):
        loop = loop[::-1]
    # loop now runs against the faces above it, as the faces below it must
    m = len(loop)
    arm = model.mean[loop, :2] - model.mean[loop, :2].mean(axis=0)
    inward = -TAPER * arm / np.linalg.norm(arm, axis=1, keepdims=True)
    down = np.column_stack([inward, np.full(m, -1.0)])
    source, below, faces = [np.arange(n)], [np.zeros(n)], [kept.astype(np.int64)]
    offset = [np.zeros((n, 3))]
    upper = loop
    for i, depth in enumerate(SKIRT_MM):
        lower = n + i * m + np.arange(m)
        source.append(loop)
        below.append(np.full(m, depth))
        offset.append(depth * down)
        after, under = np.roll(upper, -1), np.roll(lower, -1)
        faces += [np.stack([upper, after, lower], axis=1), np.stack([after, under, lower], axis=1)]
        upper = lower
    return Wall(
        np.concatenate(source),
        np.concatenate(below),
        np.concatenate(offset),
        np.concatenate(faces).astype(np.int32),
        loop,
    )


def _runs_with(faces: NDArray[np.int32], loop: Ints) -> bool:
    """Whether the faces along a loop run in its direction."""
    pairs = {(int(a), int(b)) for f in faces for a, b in ((f[0], f[1]), (f[1], f[2]), (f[2], f[0]))}
    ahead = sum((int(a), int(b)) in pairs for a, b in zip(loop, np.roll(loop, -1), strict=True))
    back = sum((int(b), int(a)) in pairs for a, b in zip(loop, np.roll(loop, -1), strict=True))
    return ahead > back


@lru_cache(maxsize=32)
def _mode_table(fdi: int) -> Floats:
    """Modes by point, ``(1500, 3, k) mm``."""
    return np.ascontiguousarray(np.moveaxis(crown_model(fdi).modes.astype(np.float64), 0, 2))


def smooth_normals(surface: Surface, near: Nearest) -> Floats:
    """Unit normals at points of a surface, interpolated between its vertices, ``(n, 3)``."""
    normals = surface.interpolate(surface.mesh.vertex_normals, near)
    return np.asarray(normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12))
