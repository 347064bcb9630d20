"""Nearest points on a triangle surface, and signed distances to it, exactly and fast.

A bounding-box tree is built once for a mesh and asked many times. The sign comes from angle-weighted pseudo-normals
(Bærentzen and Aanæs, IEEE TVCG 2005, 11:243), which are right at faces, edges and corners of a closed surface.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from oral_architect.errors import StageError

from .mesh import Mesh, Points

_LEAF = 6
"""Triangles in a leaf of the tree."""
_STACK = 64
"""Depth the traversal can hold; a median split of 2^31 triangles needs 32."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Nearest:
    """Where each asked point is nearest to the surface.

    Parameters
    ----------
    points
        ``(n, 3) float, mm``: nearest points on the surface.
    faces
        ``(n,) int``: the face each lies on.
    weights
        ``(n, 3) float``: barycentric weights in that face.
    distance_mm
        ``(n,) float``: unsigned distance.
    """

    points: Points
    faces: Ints
    weights: Floats
    distance_mm: Floats


class Surface:
    """A mesh prepared for nearest-point questions.

    Parameters
    ----------
    mesh
        The surface, mm; need not be closed, but signs mean inside and outside only away from open borders.

    Raises
    ------
    StageError
        When the mesh has no faces.
    """

    def __init__(self, mesh: Mesh) -> None:
        if len(mesh.faces) == 0:
            raise StageError("a surface without faces has no nearest point", where="geometry")
        self.mesh = mesh
        corners = mesh.vertices[mesh.faces]
        self._order, self._low, self._high, self._left, self._first = _build(corners)
        self._corners = np.ascontiguousarray(corners[self._order])

    def nearest(self, points: Points) -> Nearest:
        """Return the nearest surface point of each of ``(n, 3) mm`` points."""
        asked = np.ascontiguousarray(points, dtype=np.float64)
        found = _query(asked, self._corners, self._low, self._high, self._left, self._first)
        on, where, weights, distance = found
        return Nearest(on, self._order[where], weights, distance)

    def signed_distance_mm(self, points: Points) -> Floats:
        """Return ``(n,) mm``: positive outside, negative inside."""
        asked = np.ascontiguousarray(points, dtype=np.float64)
        near = self.nearest(asked)
        return self.signed(asked, near)

    def signed(self, points: Points, near: Nearest) -> Floats:
        """Give an already found :class:`Nearest` its sign: ``(n,) mm``, positive outside."""
        outward = self.pseudo_normals(near)
        side = ((points - near.points) * outward).sum(axis=1)
        return np.where(side < 0, -near.distance_mm, near.distance_mm)

    def pseudo_normals(self, near: Nearest) -> Floats:
        """Return ``(n, 3)`` outward directions that decide the side of each nearest point (not unit length)."""
        vertex, edge, face = self._pseudo()
        inside = near.weights > 1e-9
        count = inside.sum(axis=1)
        normals = face[near.faces]
        on_edge = count == 2
        opposite = np.argmin(inside, axis=1)
        normals[on_edge] = edge[near.faces[on_edge], opposite[on_edge]]
        on_vertex = count == 1
        corner = np.argmax(inside, axis=1)
        normals[on_vertex] = vertex[self.mesh.faces[near.faces[on_vertex], corner[on_vertex]]]
        return normals

    def interpolate(self, values: Floats, near: Nearest) -> Floats:
        """Interpolate per-vertex values ``(v,)`` or ``(v, d)`` at the nearest points."""
        corner_values = values[self.mesh.faces[near.faces]]
        if values.ndim == 1:
            return np.asarray((corner_values * near.weights).sum(axis=1))
        return np.asarray((corner_values * near.weights[:, :, None]).sum(axis=1))

    def _pseudo(self) -> tuple[Floats, Floats, Floats]:
        if not hasattr(self, "_pseudo_tables"):
            self._pseudo_tables = _pseudo_normals(self.mesh)
        return self._pseudo_tables


def _pseudo_normals(mesh: Mesh) -> tuple[Floats, Floats, Floats]:
    """Return pseudo-normals per vertex ``(v, 3)``, per face and opposite corner ``(f, 3, 3)``, per face ``(f, 3)``."""
    face = mesh.face_normals
    corners = mesh.vertices[mesh.faces]
    vertex = np.zeros_like(mesh.vertices)
    for k in range(3):
        ahead = corners[:, (k + 1) % 3] - corners[:, k]
        back = corners[:, (k + 2) % 3] - corners[:, k]
        across = np.linalg.norm(np.cross(ahead, back), axis=1)
        angle = np.arctan2(across, (ahead * back).sum(axis=1))
        for axis in range(3):
            vertex[:, axis] += np.bincount(
                mesh.faces[:, k], weights=angle * face[:, axis], minlength=len(mesh.vertices)
            )
    pairs = np.sort(mesh.faces[:, [1, 2, 2, 0, 0, 1]].reshape(-1, 2).astype(np.int64), axis=1)
    key = pairs[:, 0] * len(mesh.vertices) + pairs[:, 1]
    _, inverse = np.unique(key, return_inverse=True)
    total = np.zeros((int(inverse.max(initial=-1)) + 1, 3))
    repeated = np.repeat(face, 3, axis=0)
    for axis in range(3):
        total[:, axis] = np.bincount(inverse, weights=repeated[:, axis], minlength=len(total))
    return vertex, total[inverse].reshape(-1, 3, 3), face


@njit(cache=True)
def _build(corners: Floats) -> tuple[Ints, Floats, Floats, Ints, Ints]:  # pragma: no cover - compiled
    """Split triangles at the median of the longest axis until leaves are small.

    Node ``i`` is inner when ``left[i] >= 0`` (children ``left[i]`` and ``left[i] + 1``), otherwise a leaf of
    triangles ``first[i]`` to ``first[i + cap]`` of the returned order.
    """
    n = len(corners)
    cap = 2 * n + 1
    centre = (corners[:, 0] + corners[:, 1] + corners[:, 2]) / 3
    order = np.arange(n)
    low = np.empty((cap, 3))
    high = np.empty((cap, 3))
    left = np.full(cap, -1, dtype=np.int64)
    first = np.zeros((cap, 2), dtype=np.int64)
    first[0, 1] = n
    nodes = 1
    node = 0
    while node < nodes:
        a, b = first[node, 0], first[node, 1]
        for axis in range(3):
            lo, hi = np.inf, -np.inf
            for t in range(a, b):
                for k in range(3):
                    x = corners[order[t], k, axis]
                    lo = min(lo, x)
                    hi = max(hi, x)
            low[node, axis] = lo
            high[node, axis] = hi
        if b - a > _LEAF:
            axis = int(np.argmax(high[node] - low[node]))
            part = order[a:b].copy()
            rank = np.argsort(centre[part, axis], kind="mergesort")
            for t in range(b - a):
                order[a + t] = part[rank[t]]
            middle = (a + b) // 2
            left[node] = nodes
            first[nodes, 0], first[nodes, 1] = a, middle
            first[nodes + 1, 0], first[nodes + 1, 1] = middle, b
            nodes += 2
        node += 1
    return order, low[:nodes].copy(), high[:nodes].copy(), left[:nodes].copy(), first[:nodes].copy().reshape(-1)


@njit(cache=True)
def _box_distance2(p: Floats, low: Floats, high: Floats) -> float:  # pragma: no cover - compiled
    total = 0.0
    for axis in range(3):
        gap = max(low[axis] - p[axis], p[axis] - high[axis], 0.0)
        total += gap * gap
    return total


@njit(cache=True)
def _query(
    points: Floats, corners: Floats, low: Floats, high: Floats, left: Ints, first: Ints
) -> tuple[Floats, Ints, Floats, Floats]:  # pragma: no cover - compiled
    n = len(points)
    on = np.empty((n, 3))
    face = np.zeros(n, dtype=np.int64)
    weights = np.zeros((n, 3))
    distance = np.empty(n)
    stack = np.empty(_STACK, dtype=np.int64)
    w = np.empty(3)
    for i in range(n):
        p = points[i]
        best = np.inf
        depth = 1
        stack[0] = 0
        while depth > 0:
            depth -= 1
            node = stack[depth]
            if _box_distance2(p, low[node], high[node]) >= best:
                continue
            child = left[node]
            if child < 0:
                for t in range(first[2 * node], first[2 * node + 1]):
                    d2 = _triangle(p, corners[t, 0], corners[t, 1], corners[t, 2], w)
                    if d2 < best:
                        best = d2
                        face[i] = t
                        weights[i, 0], weights[i, 1], weights[i, 2] = w[0], w[1], w[2]
                continue
            near = _box_distance2(p, low[child], high[child])
            far = _box_distance2(p, low[child + 1], high[child + 1])
            if near <= far:
                stack[depth], stack[depth + 1] = child + 1, child
            else:
                stack[depth], stack[depth + 1] = child, child + 1
            depth += 2
        t = face[i]
        for axis in range(3):
            on[i, axis] = (
                weights[i, 0] * corners[t, 0, axis]
                + weights[i, 1] * corners[t, 1, axis]
                + weights[i, 2] * corners[t, 2, axis]
            )
        distance[i] = np.sqrt(best)
    return on, face, weights, distance


@njit(cache=True)
def _triangle(p: Floats, a: Floats, b: Floats, c: Floats, w: Floats) -> float:  # pragma: no cover - compiled
    """Squared distance to a triangle, weights into ``w`` (Ericson, Real-Time Collision Detection, 5.1.5)."""
    d1 = d2 = d3 = d4 = d5 = d6 = 0.0
    for k in range(3):
        ab, ac = b[k] - a[k], c[k] - a[k]
        d1 += ab * (p[k] - a[k])
        d2 += ac * (p[k] - a[k])
        d3 += ab * (p[k] - b[k])
        d4 += ac * (p[k] - b[k])
        d5 += ab * (p[k] - c[k])
        d6 += ac * (p[k] - c[k])
    va, vb, vc = d3 * d6 - d5 * d4, d5 * d2 - d1 * d6, d1 * d4 - d3 * d2
    u, v = 0.0, 0.0
    if d1 <= 0 and d2 <= 0:
        pass
    elif d3 >= 0 and d4 <= d3:
        u = 1.0
    elif vc <= 0 and d1 >= 0 and d3 <= 0:
        u = d1 / (d1 - d3) if d1 > d3 else 0.0
    elif d6 >= 0 and d5 <= d6:
        v = 1.0
    elif vb <= 0 and d2 >= 0 and d6 <= 0:
        v = d2 / (d2 - d6) if d2 > d6 else 0.0
    elif va <= 0 and d4 - d3 >= 0 and d5 - d6 >= 0:
        along = (d4 - d3) + (d5 - d6)
        v = (d4 - d3) / along if along > 0 else 0.0
        u = 1.0 - v
    else:
        total = va + vb + vc
        if total > 0:
            u, v = vb / total, vc / total
    w[0], w[1], w[2] = 1.0 - u - v, u, v
    d2_min = 0.0
    for k in range(3):
        gap = p[k] - (w[0] * a[k] + u * b[k] + v * c[k])
        d2_min += gap * gap
    return d2_min
