"""The zero level of a field on a grid as an even mesh: one vertex a cell, one quadrilateral an edge that crosses.

Naive surface nets (Gibson, MICCAI 1998, 888-898); nodes that are not known are ``nan`` and end the surface.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry import Mesh

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_CORNERS = np.array([(i, j, k) for i in (0, 1) for j in (0, 1) for k in (0, 1)])
_EDGES = [(a, b) for a in range(8) for b in range(a + 1, 8) if np.abs(_CORNERS[a] - _CORNERS[b]).sum() == 1]


def level_mesh(field: Floats, low: Floats, step_mm: float) -> Mesh:
    """Return the surface where a field is zero; its faces look toward where it is positive.

    Parameters
    ----------
    field
        ``(a, b, c)``; ``nan`` where unknown.
    low
        ``(3,) mm``: place of the first node.
    step_mm
        Distance of nodes.
    """
    inside = field < 0
    known = np.isfinite(field)
    shape = np.array(field.shape) - 1
    views = [tuple(slice(c[i], c[i] + shape[i]) for i in range(3)) for c in _CORNERS]
    count = sum(inside[v].astype(np.int8) for v in views)
    whole = np.logical_and.reduce([known[v] for v in views])
    cells = np.argwhere(whole & (count > 0) & (count < 8))
    if len(cells) == 0:
        return Mesh(np.zeros((0, 3)), np.zeros((0, 3), dtype=np.int32))
    values = np.stack([field[tuple((cells + c).T)] for c in _CORNERS], axis=1)
    total, hits = np.zeros((len(cells), 3)), np.zeros(len(cells))
    for a, b in _EDGES:
        cross = (values[:, a] < 0) != (values[:, b] < 0)
        t = values[cross, a] / (values[cross, a] - values[cross, b])
        total[cross] += _CORNERS[a] + t[:, None] * (_CORNERS[b] - _CORNERS[a])
        hits[cross] += 1
    points = low + step_mm * (cells + total / hits[:, None])
    index = np.full(shape, -1, dtype=np.int64)
    index[tuple(cells.T)] = np.arange(len(cells))
    quads = np.concatenate([_quads(inside, index, axis) for axis in range(3)])
    return Mesh(points, _halved(points, quads))


def _quads(inside: NDArray[np.bool_], index: Ints, axis: int) -> Ints:
    """Quadrilaterals around the grid edges along one axis that cross the level."""
    u, v = (axis + 1) % 3, (axis + 2) % 3
    here = [slice(1, -1)] * 3
    there = [slice(1, -1)] * 3
    here[axis], there[axis] = slice(0, -1), slice(1, None)
    start, end = inside[tuple(here)], inside[tuple(there)]
    found = np.argwhere(start != end)
    if len(found) == 0:
        return np.zeros((0, 4), dtype=np.int64)
    outward = start[tuple(found.T)]
    cell = found.copy()
    cell[:, u] += 1
    cell[:, v] += 1
    around = []
    for du, dv in ((-1, -1), (0, -1), (0, 0), (-1, 0)):
        c = cell.copy()
        c[:, u] += du
        c[:, v] += dv
        around.append(index[tuple(c.T)])
    quads = np.stack(around, axis=1)
    quads[~outward] = quads[~outward][:, ::-1]
    return np.asarray(quads[(quads >= 0).all(axis=1)])


def _halved(points: Floats, quads: Ints) -> NDArray[np.int32]:
    """Two faces of each quadrilateral, along its shorter diagonal."""
    p = points[quads]
    first = np.linalg.norm(p[:, 0] - p[:, 2], axis=1) <= np.linalg.norm(p[:, 1] - p[:, 3], axis=1)
    a, b, c, d = quads.T
    one = np.where(first[:, None], np.stack([a, b, c], axis=1), np.stack([b, c, d], axis=1))
    two = np.where(first[:, None], np.stack([a, c, d], axis=1), np.stack([b, d, a], axis=1))
    return np.concatenate([one, two]).astype(np.int32)
