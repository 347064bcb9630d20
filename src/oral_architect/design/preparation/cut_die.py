"""Cut the prepared surface out of a scan exactly along its finish line."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from oral_architect.errors import StageError
from oral_architect.geometry import Mesh, Points
from oral_architect.geometry.closest import Surface

from .ring import lengths_mm, smoothed, tangents

Floats = NDArray[np.float64]

_BAND_MM = 0.45
"""How far from the line the side of a vertex is judged by the line alone; beyond, by its neighbours."""
_CALM_MM = 0.4
"""The surface's direction at the line is averaged along it over about this much."""
_SNAP = 0.02
"""A cut this near to a corner, as a share of the edge, would leave a sliver: it goes through the corner."""

_TURNED = 0.2
_SLIVER_MM2 = 1e-3


def die_inside(mesh: Mesh, finish_line: Points, up: Floats) -> Mesh:
    """Return the surface inside a closed line on it; the border of the result lies on the line.

    Parameters
    ----------
    mesh
        The surface, mm.
    finish_line
        ``(k, 3) mm``: closed, on the surface, counter-clockwise seen against ``up``.
    up
        ``(3,)``: occlusal direction.

    Raises
    ------
    StageError
        When nothing lies inside.
    """
    field = _inside_mm(mesh, finish_line, up)
    cut = _clipped(mesh, field)
    part = _largest(cut)
    if len(part.faces) < 10:
        raise StageError("no surface lies inside the finish line", where="design: preparation", todo="Move its points.")
    return _on_line(part, finish_line)


def _inside_mm(mesh: Mesh, line: Points, up: Floats) -> Floats:
    """Signed distance of vertices from the line, positive inside; far from it only the sign means something."""
    distance, index = cKDTree(line).query(mesh.vertices, workers=1)
    along = tangents(line)
    # square to the line: inward on a ledge, up a wall, down the root; on a feather edge rather up than inward
    facing = mesh.face_normals[Surface(mesh).nearest(line).faces]
    facing = smoothed(facing, _CALM_MM / float(lengths_mm(line).mean()))
    level = np.cross(up, along)
    level /= np.maximum(np.linalg.norm(level, axis=1, keepdims=True), 1e-9)
    inward = level + up + np.cross(facing, along)
    away = mesh.vertices - line[index]
    away -= (away * along[index]).sum(axis=1)[:, None] * along[index]
    side = (away * inward[index]).sum(axis=1)
    length = np.linalg.norm(away, axis=1)
    near = distance < _BAND_MM
    field = np.where(near, np.sign(side) * length, np.nan)
    return _spread(mesh, field, line, up)


def _spread(mesh: Mesh, field: Floats, line: Points, up: Floats) -> Floats:
    """Give vertices away from the line the side of the patch that they belong to."""
    far = np.isnan(field)
    edges, _ = mesh.edge_table
    inner = edges[far[edges].all(axis=1)]
    n = len(mesh.vertices)
    _, piece = connected_components(coo_array((np.ones(len(inner)), (inner[:, 0], inner[:, 1])), shape=(n, n)), False)
    across = edges[far[edges[:, 0]] != far[edges[:, 1]]]
    outer = np.where(far[across[:, 0]], across[:, 0], across[:, 1])
    known = np.where(far[across[:, 0]], across[:, 1], across[:, 0])
    votes = np.bincount(piece[outer], weights=np.sign(field[known]), minlength=int(piece.max()) + 1)
    lone = np.bincount(piece[outer], minlength=len(votes)) == 0
    middle = line.mean(axis=0)
    above = (mesh.vertices - middle) @ up > 0
    side = np.where(lone[piece], np.where(above, 1.0, -1.0), np.sign(votes[piece]))
    return np.where(far, side * _BAND_MM, field)


def _clipped(mesh: Mesh, field: Floats) -> Mesh:
    """Keep the part where the field is positive, faces split where it changes sign."""
    field = _snapped(mesh, field)
    inside = field > 0
    corners = inside[mesh.faces]
    count = corners.sum(axis=1)
    faces = [mesh.faces[(count == 3)].astype(np.int64)]
    new_points: list[Points] = []
    numbers: dict[tuple[int, int], int] = {}

    def crossing(a: int, b: int) -> int:
        key = (a, b) if a < b else (b, a)
        if key not in numbers:
            numbers[key] = len(mesh.vertices) + len(numbers)
            share = field[key[0]] / (field[key[0]] - field[key[1]])
            start = mesh.vertices[key[0]]
            new_points.append(start + share * (mesh.vertices[key[1]] - start))
        return numbers[key]

    split: list[list[int]] = []
    for face in np.flatnonzero((count == 1) | (count == 2)):
        a, b, c = (int(x) for x in mesh.faces[face])
        while inside[a] != (count[face] == 1) or inside[b] == inside[a] or inside[c] == inside[a]:
            a, b, c = b, c, a
        first, second = crossing(a, b), crossing(a, c)
        split += [[a, first, second]] if count[face] == 1 else [[first, b, c], [first, c, second]]
    if split:
        faces.append(np.array(split, dtype=np.int64))
    vertices = np.concatenate([mesh.vertices, np.array(new_points).reshape(-1, 3)])
    whole = Mesh(vertices, np.concatenate(faces).astype(np.int32))
    return whole.part(whole.face_areas > 0)[0]


def _snapped(mesh: Mesh, field: Floats) -> Floats:
    """Move the field off zero, so that no cut comes too near a corner."""
    edges, _ = mesh.edge_table
    a, b = field[edges[:, 0]], field[edges[:, 1]]
    change = (a > 0) != (b > 0)
    span = np.abs(a - b)
    result = field.copy()
    for end, value in ((edges[:, 0], a), (edges[:, 1], b)):
        close = change & (np.abs(value) < _SNAP * span)
        result[end[close]] = np.where(value[close] > 0, 1, -1) * _SNAP * span[close]
    return result


def _largest(mesh: Mesh) -> Mesh:
    """The largest connected piece."""
    edges, _ = mesh.edge_table
    n = len(mesh.vertices)
    _, piece = connected_components(coo_array((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(n, n)), False)
    area = np.bincount(piece[mesh.faces[:, 0]], weights=mesh.face_areas)
    return mesh.part(piece[mesh.faces[:, 0]] == int(area.argmax()))[0]


def _on_line(die: Mesh, line: Points) -> Mesh:
    """Draw the border of the die onto the line."""
    rim = np.unique(die.open_edges.ravel())
    following = np.roll(line, -1, axis=0)
    _, index = cKDTree(line).query(die.vertices[rim], workers=1)
    best, distance = die.vertices[rim].copy(), np.full(len(rim), np.inf)
    for segment in (index, (index - 1) % len(line)):
        start, step = line[segment], following[segment] - line[segment]
        share = ((die.vertices[rim] - start) * step).sum(axis=1) / np.maximum((step**2).sum(axis=1), 1e-12)
        foot = start + np.clip(share, 0, 1)[:, None] * step
        away = np.linalg.norm(die.vertices[rim] - foot, axis=1)
        best = np.where((away < distance)[:, None], foot, best)
        distance = np.minimum(distance, away)
    vertices = die.vertices.copy()
    near = distance < 0.15
    vertices[rim[near]] = best[near]
    # a face that would turn over keeps its corners, unless it is a sliver that has no direction of its own
    drawn = Mesh(vertices, die.faces)
    turned = ((drawn.face_normals * die.face_normals).sum(axis=1) < _TURNED) & (drawn.face_areas > _SLIVER_MM2)
    kept = np.unique(die.faces[turned].ravel())
    vertices[kept] = die.vertices[kept]
    return Mesh(vertices, die.faces)
