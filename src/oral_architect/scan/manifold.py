"""Find the faces that keep a surface from being one sheet: fins on edges, sheets that touch in one vertex."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oral_architect.scan.topology import Edges, Ints, groups


def surplus_faces(faces: NDArray[np.int32], areas: NDArray[np.float64]) -> Ints:
    """Return the faces beyond the two largest on every edge that has more than two.

    Parameters
    ----------
    faces
        ``(m, 3) int``.
    areas
        ``(m,) float``.

    Returns
    -------
    (k,) int
    """
    edges = Edges.of(faces)
    crowded = np.flatnonzero(edges.uses > 2)
    if len(crowded) == 0:
        return np.zeros(0, dtype=np.int64)
    uses = edges.uses[crowded]
    starts = np.cumsum(uses) - uses
    within = np.arange(int(uses.sum())) - np.repeat(starts, uses)
    members = edges.half[np.repeat(edges.first[crowded], uses) + within] // 3
    edge = np.repeat(crowded, uses)
    order = np.lexsort((members, -areas[members], edge))
    # the edges keep their runs in that order, so `within` now is the rank by area
    return np.unique(members[order][within >= 2])


def touching_faces(faces: NDArray[np.int32], areas: NDArray[np.float64]) -> Ints:
    """Return the faces of all but the largest fan around every vertex where several fans of faces touch.

    They are dropped rather than given a vertex of their own: two vertices in one place would be welded
    again by the next program that reads the surface.

    Parameters
    ----------
    faces
        ``(m, 3) int``, at most two faces an edge.
    areas
        ``(m,) float``.

    Returns
    -------
    (k,) int
    """
    flat = faces.reshape(-1)
    left, right = Edges.of(faces).pairs()
    ends = [(half, half // 3 * 3 + (half + 1) % 3) for half in (left, right)]
    # corners (face, vertex) of one fan are joined over the edges between their faces
    straight = flat[ends[0][0]] == flat[ends[1][0]]
    a = np.concatenate([ends[0][0], ends[0][1]])
    b = np.concatenate([np.where(straight, ends[1][0], ends[1][1]), np.where(straight, ends[1][1], ends[1][0])])
    count, fans = groups(len(flat), a, b)
    owner = np.zeros(count, dtype=np.int64)
    owner[fans] = flat
    if count == len(np.unique(flat)):
        return np.zeros(0, dtype=np.int64)
    weight = np.bincount(fans, weights=np.repeat(areas, 3), minlength=count)
    order = np.lexsort((np.arange(count), -weight, owner))
    smaller = np.zeros(count, dtype=bool)
    smaller[order[1:]] = owner[order[1:]] == owner[order[:-1]]
    return np.unique(np.flatnonzero(smaller[fans]) // 3)
