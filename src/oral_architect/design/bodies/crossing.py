"""Whether a surface cuts through itself: every pair of faces that come near each other is tried.

An edge crosses a face when its ends lie on different sides of the face's plane and the line through them passes inside
(signs of tetrahedron volumes, as in Möller, J Graphics Tools 1997, 2:25). Faces that only touch, or share a corner or
an edge, do not cross; two faces that share an edge and lie on each other do.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from oral_architect.geometry import Mesh

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TINY_MM3 = 1e-13
"""Six times a tetrahedron's volume below this counts as flat: rounding at coordinates of some 100 mm."""


def crossings(mesh: Mesh) -> Ints:
    """Return the pairs of faces that cut through each other, ``(n, 2) int``, lower number first, without repetition."""
    faces = mesh.faces.astype(np.int64)
    if len(faces) == 0:
        return np.zeros((0, 2), dtype=np.int64)
    points = mesh.vertices - mesh.vertices.mean(axis=0)
    corners = points[faces]
    low, high = corners.min(axis=1), corners.max(axis=1)
    size = max(2.0 * float(np.median((high - low).max(axis=1))), 1e-3)
    size = max(size, float((high.max(axis=0) - low.min(axis=0)).max()) / 400)
    start = low.min(axis=0)
    first, last = ((low - start) // size).astype(np.int64), ((high - start) // size).astype(np.int64)
    counts = last.max(axis=0) + 1
    cell, face = _cells(first, last, counts)
    order = np.argsort(cell, kind="stable")
    cell, face = cell[order], face[order]
    starts = np.flatnonzero(np.concatenate([[True], cell[1:] != cell[:-1]]))
    pairs = _search(np.append(starts, len(cell)), face, faces, points, low, high)
    return np.asarray(np.unique(pairs, axis=0)) if len(pairs) else pairs


def _cells(first: Ints, last: Ints, counts: Ints) -> tuple[Ints, Ints]:
    """Grid cells that the box of each face touches."""
    span = last - first + 1
    number = span.prod(axis=1)
    face = np.repeat(np.arange(len(first)), number)
    k = np.arange(len(face)) - np.repeat(np.cumsum(number) - number, number)
    s = span[face]
    i, j = k // (s[:, 1] * s[:, 2]), (k // s[:, 2]) % s[:, 1]
    at = first[face] + np.stack([i, j, k % s[:, 2]], axis=1)
    return (at[:, 0] * counts[1] + at[:, 1]) * counts[2] + at[:, 2], face


@njit(cache=True)
def _search(
    starts: Ints, owner: Ints, faces: Ints, points: Floats, low: Floats, high: Floats
) -> Ints:  # pragma: no cover - compiled
    found = np.empty((64, 2), dtype=np.int64)
    n = 0
    for c in range(len(starts) - 1):
        for x in range(starts[c], starts[c + 1]):
            for y in range(x + 1, starts[c + 1]):
                a, b = min(owner[x], owner[y]), max(owner[x], owner[y])
                apart = False
                for k in range(3):
                    if low[a, k] > high[b, k] or low[b, k] > high[a, k]:
                        apart = True
                if apart:
                    continue
                if _cross(faces[a], faces[b], points):
                    if n == len(found):
                        more = np.empty((2 * n, 2), dtype=np.int64)
                        more[:n] = found
                        found = more
                    found[n, 0], found[n, 1] = a, b
                    n += 1
    return found[:n].copy()


@njit(cache=True)
def _cross(f: Ints, g: Ints, p: Floats) -> bool:  # pragma: no cover - compiled
    shared = 0
    for i in range(3):
        for j in range(3):
            if f[i] == g[j]:
                shared += 1
    if shared >= 3:
        return True
    if shared == 2:
        return _folded(f, g, p)
    for i in range(3):
        if _pierces(f[i], f[(i + 1) % 3], g, p):
            return True
        if _pierces(g[i], g[(i + 1) % 3], f, p):
            return True
    return False


@njit(cache=True)
def _pierces(a: int, b: int, t: Ints, p: Floats) -> bool:  # pragma: no cover - compiled
    """Whether the edge from a to b passes through the inside of a face; an edge that ends at its corner does not."""
    for k in range(3):
        if t[k] == a or t[k] == b:
            return False
    u, v, w = p[t[0]], p[t[1]], p[t[2]]
    at_a, at_b = _volume(u, v, w, p[a]), _volume(u, v, w, p[b])
    if not ((at_a > TINY_MM3 and at_b < -TINY_MM3) or (at_a < -TINY_MM3 and at_b > TINY_MM3)):
        return False
    one, two, three = _volume(p[a], p[b], u, v), _volume(p[a], p[b], v, w), _volume(p[a], p[b], w, u)
    positive = one > TINY_MM3 and two > TINY_MM3 and three > TINY_MM3
    negative = one < -TINY_MM3 and two < -TINY_MM3 and three < -TINY_MM3
    return positive or negative


@njit(cache=True)
def _volume(a: Floats, b: Floats, c: Floats, d: Floats) -> float:  # pragma: no cover - compiled
    x0, x1, x2 = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    y0, y1, y2 = c[0] - a[0], c[1] - a[1], c[2] - a[2]
    z0, z1, z2 = d[0] - a[0], d[1] - a[1], d[2] - a[2]
    # numba compiles a plain return; a conversion would be for the type checker alone
    return x0 * (y1 * z2 - y2 * z1) - x1 * (y0 * z2 - y2 * z0) + x2 * (y0 * z1 - y1 * z0)  # type: ignore[no-any-return]


@njit(cache=True)
def _folded(f: Ints, g: Ints, p: Floats) -> bool:  # pragma: no cover - compiled
    """Whether two faces with a common edge lie on each other: same plane, third corners on the same side."""
    i = j = 0
    for k in range(3):
        if f[k] != g[0] and f[k] != g[1] and f[k] != g[2]:
            i = k
        if g[k] != f[0] and g[k] != f[1] and g[k] != f[2]:
            j = k
    a, b = p[f[(i + 1) % 3]], p[f[(i + 2) % 3]]
    if abs(_volume(a, b, p[f[i]], p[g[j]])) > TINY_MM3:
        return False
    e, u, v = b - a, p[f[i]] - a, p[g[j]] - a
    ee, eu, ev = (e * e).sum(), (e * u).sum(), (e * v).sum()
    if ee < 1e-24:  # two corners in one place: faces without an area cover nothing
        return False
    across = (u * v).sum() - eu * ev / ee
    size = np.sqrt(max((u * u).sum() - eu * eu / ee, 0.0) * max((v * v).sum() - ev * ev / ee, 0.0))
    return size > 1e-12 and across > 0  # type: ignore[no-any-return]
