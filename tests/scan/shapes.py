"""Surfaces the tests of this room are made from: a small mouth, and things that are none."""

from __future__ import annotations

import numpy as np
import trimesh
from numpy.typing import NDArray

from oral_architect.geometry import Mesh


def arch(step_mm: float = 1.0) -> Mesh:
    """An open shell like an intraoral scan: a horseshoe ridge with fourteen bumpy crowns, 60 mm wide.

    The ridge is a band swept along a parabola; the crowns are domes with cusps raised from it.
    """
    along = np.linspace(-1, 1, int(110 / step_mm))
    across = np.linspace(-1, 1, int(34 / step_mm))
    t, s = np.meshgrid(along, across, indexing="ij")
    centre = np.stack([27 * t, 45 * t**2, np.zeros_like(t)], axis=-1)
    tangent = np.stack([27 * np.ones_like(t), 90 * t, np.zeros_like(t)], axis=-1)
    tangent /= np.linalg.norm(tangent, axis=-1, keepdims=True)
    sideways = np.stack([-tangent[..., 1], tangent[..., 0], np.zeros_like(t)], axis=-1)
    lifted = 14 * np.clip(1 - np.abs(s) ** 3, 0, 1)
    crown = np.abs(np.sin(np.pi * 7 * (t + 1))) ** 0.5 * np.clip(1 - (s / 0.55) ** 4, 0, 1)
    cusps = 0.8 * np.cos(np.pi * 14 * (t + 1)) * np.cos(9 * s) * np.clip(1 - (s / 0.5) ** 4, 0, 1)
    height = lifted + 4.0 * crown + cusps
    points = centre + sideways * (7 * np.sign(s) * np.abs(s) ** 0.7)[..., None]
    points[..., 2] = height
    return Mesh(points.reshape(-1, 3), _grid_faces(*t.shape))


def _grid_faces(rows: int, columns: int) -> NDArray[np.int32]:
    number = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = number[:-1, :-1], number[1:, :-1], number[1:, 1:], number[:-1, 1:]
    faces = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])
    return faces.astype(np.int32)


def sheet(points: int = 40) -> Mesh:
    """A flat square, 60 mm wide."""
    x, y = np.meshgrid(np.linspace(0, 60, points), np.linspace(0, 60, points), indexing="ij")
    return Mesh(np.stack([x, y, np.zeros_like(x)], -1).reshape(-1, 3), _grid_faces(points, points))


def solid(mesh: trimesh.Trimesh, faces: int = 5000) -> Mesh:
    """A trimesh solid, cut finer until it has enough faces."""
    while len(mesh.faces) < faces:
        mesh = mesh.subdivide()
    return Mesh.from_trimesh(mesh)


def skull(length_mm: float) -> Mesh:
    """A closed skull: a cranium with eye sockets, a snout, cheek bones and two rows of teeth."""
    ball = trimesh.creation.icosphere(5, 1.0)
    v = ball.vertices * [0.5, 0.36, 0.34]
    direction = ball.vertices
    for side in (-1, 1):
        v = v - 0.14 * direction * _bump(direction, [0.75, 0.45 * side, 0.25], 0.25)[:, None]
        v = v + 0.05 * direction * _bump(direction, [0.5, 0.8 * side, -0.3], 0.2)[:, None]
    v = v + np.array([0.18, 0, -0.06]) * _bump(direction, [0.9, 0, -0.45], 0.45)[:, None]
    for angle in np.linspace(-0.8, 0.8, 12):
        v = v + 0.02 * direction * _bump(direction, [np.cos(angle), np.sin(angle), -0.7], 0.05)[:, None]
    return Mesh(v * length_mm, ball.faces)


def _bump(direction: NDArray[np.float64], at: list[float], width: float) -> NDArray[np.float64]:
    centre = np.array(at) / np.linalg.norm(at)
    return np.asarray(np.exp(-((np.linalg.norm(direction - centre, axis=1) / width) ** 2)))
