"""Soft tissue where it does not belong: strips that hang on a scan's border, loose scraps and sheets."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry.mesh import Mesh, Points, concatenate

from .noise import waves
from .scanner_sight import border_loops


def hang_tongues(mesh: Mesh, is_tooth: NDArray[np.bool_], count: int, edge_mm: float, rng: np.random.Generator) -> Mesh:
    """Grow strips of lip or cheek out of the border, away from teeth; their vertices come after the old ones.

    Parameters
    ----------
    mesh
        The scan, mm.
    is_tooth
        ``(n,) bool``: which of its vertices lie on teeth.
    count
        How many strips to try.
    edge_mm
        Length of their edges.
    rng
        Source of chance.
    """
    loops = border_loops(mesh)
    if not loops or len(loops[0]) < 24:
        return mesh
    ring, normals = loops[0], mesh.vertex_normals
    for _ in range(count):
        width = int(rng.integers(3, max(4, min(22, len(ring) // 6))))
        at = int(rng.integers(len(ring) - width))
        base = ring[at : at + width]
        if not is_tooth[base].any():
            mesh = _strip(mesh, base, normals[base].mean(axis=0), edge_mm, rng)
        # A second strip on the same stretch of border would share its edges.
        ring = np.roll(ring, -at)[width:]
        if len(ring) < 24:
            break
    return mesh


def _strip(mesh: Mesh, base: NDArray[np.int64], normal: Points, edge_mm: float, rng: np.random.Generator) -> Mesh:
    row = mesh.vertices[base]
    along = row[-1] - row[0]
    length = np.linalg.norm(along)
    if length < 0.5 * edge_mm:
        return mesh
    outward = np.cross(along / length, normal)
    outward /= max(float(np.linalg.norm(outward)), 1e-9)
    curl, narrowing = rng.normal(0, 0.16), rng.uniform(0.8, 0.99)
    rows = int(rng.integers(2, 3 + round(8.0 / edge_mm)))
    field = waves(rng, 3.0)
    points, index = [mesh.vertices], [base]
    direction, up = outward, normal
    for i in range(rows):
        direction, up = direction + curl * up, up - curl * direction
        direction, up = direction / np.linalg.norm(direction), up / np.linalg.norm(up)
        reach = edge_mm * (0.8 + 0.35 * field(row))[:, None].clip(0.25)
        row = row.mean(axis=0) + (row - row.mean(axis=0)) * narrowing + reach * direction
        row = row + rng.normal(0, 0.08 * edge_mm, row.shape)
        index.append(len(mesh.vertices) + i * len(base) + np.arange(len(base)))
        points.append(row)
    faces = [mesh.faces]
    for lower, upper in pairwise(index):
        faces.append(np.stack([lower[1:], lower[:-1], upper[:-1]], axis=1))
        faces.append(np.stack([lower[1:], upper[:-1], upper[1:]], axis=1))
    return Mesh(np.concatenate(points), np.concatenate(faces).astype(np.int32))


def scatter_specks(mesh: Mesh, count: int, edge_mm: float, rng: np.random.Generator) -> Mesh:
    """Put loose scraps of a few faces near the border; their vertices come after the old ones."""
    anchors = _anchors(mesh, count, rng)
    middle = mesh.vertices.mean(axis=0)
    scraps = []
    for anchor in anchors:
        away = anchor - middle
        place = anchor + away / np.linalg.norm(away) * rng.uniform(0.5, 5.0) + rng.normal(0, 1.0, 3)
        scraps.append(
            _patch(place, rng.normal(size=3), (rng.uniform(1, 4) * edge_mm, rng.uniform(1, 3) * edge_mm), edge_mm, rng)
        )
    return concatenate([mesh, *scraps])


def float_sheets(mesh: Mesh, count: int, edge_mm: float, occlusal: Points, rng: np.random.Generator) -> Mesh:
    """Put loose pieces of cheek or tongue beside the arch; their vertices come after the old ones."""
    anchors = _anchors(mesh, count, rng)
    middle = mesh.vertices.mean(axis=0)
    sheets = []
    for anchor in anchors:
        away = anchor - middle
        away -= occlusal * (away @ occlusal)
        away /= max(float(np.linalg.norm(away)), 1e-9)
        place = anchor + away * rng.uniform(2.0, 7.0) + occlusal * rng.uniform(-2.0, 6.0)
        facing = -away + rng.normal(0, 0.3, 3)
        sheets.append(_patch(place, facing, (rng.uniform(5, 16), rng.uniform(3, 8)), edge_mm, rng))
    return concatenate([mesh, *sheets])


def _anchors(mesh: Mesh, count: int, rng: np.random.Generator) -> Points:
    loops = border_loops(mesh)
    ring = loops[0] if loops else np.arange(len(mesh.vertices))
    return np.asarray(mesh.vertices[rng.choice(ring, size=count)])


def _patch(
    place: Points, facing: Points, size_mm: tuple[float, float], edge_mm: float, rng: np.random.Generator
) -> Mesh:
    """A curved piece of surface with a frayed outline."""
    normal = facing / np.linalg.norm(facing)
    u = np.cross(normal, rng.normal(size=3))
    u /= np.linalg.norm(u)
    axes = np.stack([u, np.cross(normal, u), normal])
    nu, nv = (max(int(np.ceil(s / edge_mm)) + 1, 2) for s in size_mm)
    x, y = np.meshgrid(
        (np.arange(nu) - (nu - 1) / 2) * edge_mm, (np.arange(nv) - (nv - 1) / 2) * edge_mm, indexing="ij"
    )
    local = np.stack([x.ravel(), y.ravel(), np.zeros(x.size)], axis=1)
    field = waves(rng, 6.0)(local)
    bend = rng.uniform(0, 0.06, 2)
    local[:, 2] = bend[0] * local[:, 0] ** 2 + bend[1] * local[:, 1] ** 2 + 0.3 * field
    local[:, :2] += rng.normal(0, 0.18 * edge_mm, (len(local), 2))
    grid = np.arange(nu * nv).reshape(nu, nv)
    a, b, c, d = grid[:-1, :-1].ravel(), grid[1:, :-1].ravel(), grid[1:, 1:].ravel(), grid[:-1, 1:].ravel()
    faces = np.concatenate([np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)])
    sheet = Mesh(local @ axes + place, faces.astype(np.int32))
    radius = np.hypot(2 * local[:, 0] / size_mm[0], 2 * local[:, 1] / size_mm[1])
    inside = (radius < 0.95 + 0.3 * field)[faces].all(axis=1)
    return sheet.part(inside)[0] if inside.sum() > 2 else sheet
