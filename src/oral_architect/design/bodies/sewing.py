"""Cut surfaces along a level of a field, find their edges, and sew two edges together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry import Mesh

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SNAP = 0.12
"""A cut this close to a corner, as a share of the edge, goes through the corner: no slivers."""


def cut(mesh: Mesh, field: Floats) -> tuple[Mesh, Ints, Floats]:
    """Keep what lies above zero of a field given at the vertices.

    Parameters
    ----------
    mesh
        The surface, mm.
    field
        ``(n,)``; linear on edges.

    Returns
    -------
    Mesh
        The part above zero; its new edge lies on the zero level, or on vertices close to it.
    (k, 2) int, (k,) float
        For each of its vertices the two of ``mesh`` it lies between, and the share of the second.
    """
    f = _snapped(mesh, field)
    n = len(mesh.vertices)
    edges, _ = mesh.edge_table
    crossing = _across(f[edges[:, 0]], f[edges[:, 1]])
    split = edges[crossing]
    share = f[split[:, 0]] / (f[split[:, 0]] - f[split[:, 1]])
    keys = split[:, 0] * n + split[:, 1]
    ends = np.concatenate([np.column_stack([np.arange(n), np.arange(n)]), split])
    shares = np.concatenate([np.zeros(n), share])
    faces = _kept_faces(mesh.faces.astype(np.int64), f, keys, n)
    used, packed = np.unique(faces, return_inverse=True)
    ends, shares = ends[used], shares[used]
    v = mesh.vertices
    points = (1 - shares)[:, None] * v[ends[:, 0]] + shares[:, None] * v[ends[:, 1]]
    return Mesh(points, packed.reshape(-1, 3).astype(np.int32)), ends, shares


def _snapped(mesh: Mesh, field: Floats) -> Floats:
    """Set the field to zero at corners that a cut would nearly touch."""
    f = np.array(field, dtype=np.float64)
    edges, _ = mesh.edge_table
    a, b = f[edges[:, 0]], f[edges[:, 1]]
    across = _across(a, b)
    span = np.abs(a[across]) + np.abs(b[across])
    for end, value in ((0, a), (1, b)):
        close = np.abs(value[across]) < SNAP * span
        f[edges[across][close, end]] = 0.0
    return f


def _across(a: Floats, b: Floats) -> NDArray[np.bool_]:
    """Whether values lie on different sides of zero; a product of tiny ones would be zero itself."""
    return np.asarray(np.sign(a) * np.sign(b) < 0)


def _kept_faces(faces: Ints, f: Floats, keys: Ints, n: int) -> Ints:
    """Faces above zero, and the upper parts of those that cross it."""
    sign = np.sign(f)[faces].astype(int)
    kept = [faces[(sign >= 0).all(axis=1) & (sign > 0).any(axis=1)]]
    for turn in range(3):
        a, b, c = (np.roll(faces, -turn, axis=1)[:, i] for i in range(3))
        sa, sb, sc = (np.roll(sign, -turn, axis=1)[:, i] for i in range(3))

        def new(p: Ints, q: Ints, where: NDArray[np.bool_]) -> Ints:
            key = np.minimum(p[where], q[where]) * n + np.maximum(p[where], q[where])
            return np.asarray(n + np.searchsorted(keys, key))

        one = (sa > 0) & (sb < 0) & (sc < 0)
        kept.append(np.stack([a[one], new(a, b, one), new(a, c, one)], axis=1))
        two = (sa < 0) & (sb > 0) & (sc > 0)
        ab, ac = new(a, b, two), new(a, c, two)
        kept += [np.stack([ab, b[two], c[two]], axis=1), np.stack([ab, c[two], ac], axis=1)]
        over = (sa > 0) & (sb < 0) & (sc == 0)
        kept.append(np.stack([a[over], new(a, b, over), c[over]], axis=1))
        under = (sa > 0) & (sb == 0) & (sc < 0)
        kept.append(np.stack([a[under], b[under], new(a, c, under)], axis=1))
    return np.concatenate(kept)


def open_loops(mesh: Mesh) -> list[Ints]:
    """Open edges of a surface as closed loops of vertices, in the direction in which its faces run, longest first.

    A vertex at which the edge touches itself ends up in more than one loop.
    """
    ahead: dict[int, list[int]] = {}
    for a, b in mesh.open_edges:
        ahead.setdefault(int(a), []).append(int(b))
    loops: list[Ints] = []
    while ahead:
        path = [min(ahead)]
        place = {path[0]: 0}
        while True:
            here = path[-1]
            onward = ahead.get(here)
            if not onward:
                path.pop()
                place.pop(here, None)
                if not path:
                    break
                continue
            following = onward.pop()
            if not onward:
                del ahead[here]
            if following in place:
                start = place[following]
                loops.append(np.array(path[start:], dtype=np.int64))
                for gone in path[start + 1 :]:
                    del place[gone]
                del path[start + 1 :]
                if path[0] not in ahead and len(path) == 1:
                    break
            else:
                place[following] = len(path)
                path.append(following)
    return sorted(loops, key=len, reverse=True)


def largest_piece(mesh: Mesh) -> tuple[Mesh, Ints]:
    """Return the piece of a surface with the most faces, and which vertices it keeps."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    edges, _ = mesh.edge_table
    n = len(mesh.vertices)
    _, part = connected_components(
        coo_matrix((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), (n, n)), directed=False
    )
    owner = part[mesh.faces[:, 0]]
    best = int(np.argmax(np.bincount(owner)))
    return mesh.part(owner == best)


def zip_loops(outer: Ints, outer_at: Floats, inner: Ints, inner_at: Floats, length_mm: float) -> Ints:
    """Close the strip between two loops that run side by side.

    Parameters
    ----------
    outer, inner
        Vertices of the loops, both counter-clockwise seen from the side to which the faces shall look; ``inner`` lies
        to the left of ``outer``.
    outer_at, inner_at
        Increasing places of their vertices along one closed line, mm; each spans less than ``length_mm``.
    length_mm
        Length of that line.

    Returns
    -------
    (outer + inner, 3) int
        Faces.
    """
    outer, outer_at = _from_zero(outer, outer_at, length_mm)
    inner, inner_at = _from_zero(inner, inner_at, length_mm)
    n, m = len(outer), len(inner)
    # every step of either loop is one face; they come in the order in which the middles of the steps lie
    outer_step = (outer_at + np.append(outer_at[1:], outer_at[0] + length_mm)) / 2
    inner_step = (inner_at + np.append(inner_at[1:], inner_at[0] + length_mm)) / 2
    middle = np.concatenate([outer_step, inner_step])
    of_outer = np.concatenate([np.ones(n, dtype=bool), np.zeros(m, dtype=bool)])
    order = np.lexsort((~of_outer, middle))
    is_outer = of_outer[order]
    i = np.concatenate([[0], np.cumsum(is_outer)[:-1]])
    j = np.concatenate([[0], np.cumsum(~is_outer)[:-1]])
    here_o, here_i = outer[i % n], inner[j % m]
    third = np.where(is_outer, outer[(i + 1) % n], inner[(j + 1) % m])
    return np.stack([here_o, third, here_i], axis=1)


def _from_zero(loop: Ints, at: Floats, length_mm: float) -> tuple[Ints, Floats]:
    place = np.mod(at, length_mm)
    first = int(np.argmin(place))
    return np.roll(loop, -first), np.roll(place, -first)
