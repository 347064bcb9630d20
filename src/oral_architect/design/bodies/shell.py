"""Sew the visible side and the intaglio together at the finish line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oral_architect.errors import StageError
from oral_architect.geometry import Mask, Mesh, Points

from .cavity import Cavity
from .crossing import crossings
from .line import Line, monotone
from .room import moved_outward
from .sewing import cut, largest_piece, open_loops, zip_loops
from .skin import Skin

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

STRIPS_MM = (0.09, 0.14, 0.2, 0.3)
"""The intaglio is cut this far from the line; a strip sewn by hand leads from there to the line itself. A wide one cuts
micrometres into round lines, and closes on rough scans where a narrow one cannot."""
JOIN_MM = 0.02
"""Corners of the two edges closer than this along the line become one."""
TRIES, HOPE = 12, 3
"""Most rounds of easing, and the round by which half of the crossings are gone where there is hope."""
LIFT_MM = 0.02
"""Where the two sides still cross, the outer one is eased and moved out by this much, several times; where a side
crosses itself, it is only eased."""


@dataclass(frozen=True, eq=False)
class Sewn:
    """A closed body in the seat frame.

    ``mesh``; ``outer`` ``(faces,)``; ``lifted_mm`` the most that the outer side was moved out to make a wall;
    ``lifted_at`` ``(3,)`` where; ``crossings`` how many pairs of faces still cross.
    """

    mesh: Mesh
    outer: Mask
    lifted_mm: float
    lifted_at: Points
    crossings: int


def sew(skin: Skin, cavity: Cavity, least_wall_mm: float) -> Sewn:
    """Close a body between its visible side and the cavity, along the finish line.

    Raises
    ------
    StageError
        When the intaglio does not end in one edge along the line.
    """
    *narrow, widest = STRIPS_MM
    for strip_mm in narrow:
        try:
            sewn = _sewn(skin, cavity, least_wall_mm, strip_mm)
        except StageError:
            continue
        if sewn.crossings == 0:
            return sewn
    return _sewn(skin, cavity, least_wall_mm, widest)


def _sewn(skin: Skin, cavity: Cavity, least_wall_mm: float, strip_mm: float) -> Sewn:
    line = cavity.stump.line
    inner, rim, rim_along = _intaglio(cavity, strip_mm)
    mesh, edge, along = _with_line_points(skin, line)
    clear = moved_outward(mesh, cavity, line, least_wall_mm, fixed=edge)
    before = mesh.vertices
    n = len(mesh.vertices)
    strip = zip_loops(edge, along, n + rim, rim_along, line.length_mm)
    under = np.concatenate([strip, n + inner.faces.astype(np.int64)])[:, ::-1]
    faces = np.concatenate([mesh.faces.astype(np.int64), under]).astype(np.int32)
    outer = np.arange(len(faces)) < len(mesh.faces)
    points, below = clear, inner.vertices
    found = np.zeros((0, 2), dtype=np.int64)
    first = 0
    for attempt in range(TRIES):
        body = Mesh(np.concatenate([points, below]), faces)
        found = crossings(body)
        first = len(found) if attempt == 0 else first
        if len(found) == 0 or attempt == TRIES - 1 or (attempt >= HOPE and len(found) > first / 2):
            break
        seen = outer[found]
        lifted, drawn = found[seen.any(axis=1) & ~seen.all(axis=1)], found[seen.all(axis=1)]
        points = _eased(mesh, points, _corners(faces, lifted[outer[lifted]]), edge, (1 + attempt) * LIFT_MM)
        points = _eased(mesh, points, _corners(faces, drawn.ravel()), edge, 0.0)
        low = _corners(faces, found[~seen.any(axis=1)].ravel()) - n
        below = _eased(inner, below, low[low >= 0], np.zeros(0, dtype=np.int64), 0.0)
    moved = np.linalg.norm(points - before, axis=1)
    far = int(np.argmax(moved))
    return Sewn(body, outer, float(moved[far]), points[far], len(found))


def _corners(faces: NDArray[np.int32], chosen: Ints) -> Ints:
    return np.unique(faces[chosen]).astype(np.int64)


def _eased(mesh: Mesh, points: Points, corners: Ints, fixed: Ints, lift_mm: float) -> Points:
    """Draw corners to the middle of their neighbours, and move them and what is next to them along the normal."""
    if len(corners) == 0:
        return points
    edges, _ = mesh.edge_table
    both = np.concatenate([edges, edges[:, ::-1]])
    push = np.zeros(len(points))
    push[corners] = 1.0
    for _ in range(2 if lift_mm else 1):
        most = push.copy()
        np.maximum.at(most, both[:, 0], 0.6 * push[both[:, 1]])
        push = most
    push[fixed] = 0.0
    count = np.maximum(np.bincount(both[:, 0], minlength=len(points)), 1)
    middle = np.stack([np.bincount(both[:, 0], points[both[:, 1], k], len(points)) / count for k in range(3)], axis=1)
    smooth = points + push[:, None] * (middle - points)
    if not lift_mm:
        return smooth
    return np.asarray(smooth + lift_mm * push[:, None] * Mesh(smooth, mesh.faces).vertex_normals)


def _intaglio(cavity: Cavity, strip_mm: float) -> tuple[Mesh, Ints, Floats]:
    """The cavity's surface up to the strip, its edge, and the edge's places along the line."""
    line = cavity.stump.line
    whole = cavity.surface
    field = cavity.stump.look(whole.vertices).from_line_mm - strip_mm
    part, _, _ = cut(whole, _without_islands(whole, field, strip_mm))
    inner, _ = largest_piece(part)
    loops = open_loops(inner)
    if len(loops) != 1:
        raise StageError(
            f"the intaglio has {len(loops)} edges instead of one along the finish line",
            where="body",
            todo="Check the die for holes and the finish line for crossings.",
        )
    _, along = line.nearest(inner.vertices[loops[0]])
    return inner, loops[0], monotone(along, line.length_mm)


def _without_islands(mesh: Mesh, field: Floats, inside: float) -> Floats:
    """Keep places inside the line that only seem to lie outside it: those the outer border does not lead to."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    edges, _ = mesh.edge_table
    out = field < 0
    both = out[edges].all(axis=1)
    n = len(field)
    graph = coo_matrix((np.ones(int(both.sum())), (edges[both, 0], edges[both, 1])), shape=(n, n))
    count, part = connected_components(graph, directed=False)
    size = np.bincount(part[out], minlength=count)
    reached = np.zeros(count, dtype=np.bool_)
    reached[part[np.unique(mesh.open_edges)]] = True
    reached[int(np.argmax(size))] = True
    return np.where(out & ~reached[part], inside, field)


def _with_line_points(skin: Skin, line: Line) -> tuple[Mesh, Ints, Floats]:
    """Put the line's own points into the skin's edge, so that the edge is the line.

    Returns
    -------
    Mesh, (e,) int, (e,) float mm
        The skin, its edge, and the edge's places along the line.
    """
    mesh, loop = _without_ears(skin.mesh, skin.loop), skin.loop
    at = np.mod(skin.along_mm, line.length_mm)
    first = int(np.argmin(at))
    loop, at = np.roll(loop, -first), np.roll(at, -first)
    at = _joined(at, line)
    own = line.start[:-1]
    missing = own[~np.isin(own, at)]
    n = len(mesh.vertices)
    vertices = np.concatenate([mesh.vertices, line.at(missing)])
    vertices[loop] = line.at(at)
    edge = np.concatenate([loop, n + np.arange(len(missing))])
    place = np.concatenate([at, missing])
    order = np.argsort(place, kind="stable")
    edge, place = edge[order], place[order]
    return Mesh(vertices, _fanned(mesh.faces.astype(np.int64), loop, edge, n)), edge, place


def _joined(at: Floats, line: Line) -> Floats:
    """Move places onto the line's own points where these are close; each point takes at most one."""
    own = line.start[:-1]
    right = np.searchsorted(own, at) % len(own)
    left = (right - 1) % len(own)
    gap_right = np.mod(own[right] - at, line.length_mm)
    gap_left = np.mod(at - own[left], line.length_mm)
    nearest = np.where(gap_right < gap_left, right, left)
    gap = np.minimum(gap_right, gap_left)
    joined = at.copy()
    for point in np.unique(nearest[gap < JOIN_MM]):
        mine = np.flatnonzero((nearest == point) & (gap < JOIN_MM))
        best = mine[int(np.argmin(gap[mine]))]
        # the wrap-around point would break the order of the loop
        if point == 0 and gap_right[best] < gap_left[best]:
            continue
        joined[best] = own[point]
    return joined


def _without_ears(mesh: Mesh, loop: Ints) -> Mesh:
    """Split faces of which two edges are open, so that each open edge has a face of its own."""
    follow = np.full(len(mesh.vertices), -1)
    follow[loop] = np.roll(loop, -1)
    f = mesh.faces.astype(np.int64)
    number = sum((follow[f[:, i]] == f[:, (i + 1) % 3]).astype(int) for i in range(3))
    ear = number > 1
    if not ear.any():
        return mesh
    middle = len(mesh.vertices) + np.arange(int(ear.sum()))
    points = mesh.vertices[f[ear]].mean(axis=1)
    thirds = [np.stack([f[ear][:, i], f[ear][:, (i + 1) % 3], middle], axis=1) for i in range(3)]
    faces = np.concatenate([f[~ear], *thirds]).astype(np.int32)
    return Mesh(np.concatenate([mesh.vertices, points]), faces)


def _fanned(faces: Ints, loop: Ints, edge: Ints, n: int) -> NDArray[np.int32]:
    """Replace each open face by a fan over the points that were put on its open edge."""
    follow = np.full(max(n, int(edge.max()) + 1), -1)
    follow[loop] = np.roll(loop, -1)
    onward = {int(a): int(b) for a, b in zip(edge, np.roll(edge, -1), strict=True)}
    kept = np.ones(len(faces), dtype=np.bool_)
    made: list[tuple[int, int, int]] = []
    for corner in range(3):
        a, b = faces[:, corner], faces[:, (corner + 1) % 3]
        for i in np.flatnonzero(follow[a] == b):
            here, end, apex = int(a[i]), int(b[i]), int(faces[i, (corner + 2) % 3])
            if onward[here] == end:
                continue
            kept[i] = False
            while here != end:
                made.append((here, onward[here], apex))
                here = onward[here]
    new = np.array(made, dtype=np.int64).reshape(-1, 3)
    return np.concatenate([faces[kept], new]).astype(np.int32)
