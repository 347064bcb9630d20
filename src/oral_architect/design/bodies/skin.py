"""The visible side of a restoration: the outer form, cut where the finish line runs and bent to meet it exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oral_architect.errors import StageError
from oral_architect.geometry import Mask, Mesh, Points

from .line import Line, monotone
from .sewing import cut, largest_piece, open_loops

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

EDGE_MM = 0.25
"""The outer form is split until its typical edge is shorter."""
BEND_MM = 0.8
"""The form is bent over at least this height to meet the finish line."""
BEND_PER_MM = 3.0
"""And over this many times the distance it has to go."""
ABOVE_BASE_MM = 0.2
"""The cut keeps this far from the form's artificial base."""
SECTORS = 90


@dataclass(frozen=True, eq=False)
class Skin:
    """An open surface whose edge runs along the finish line.

    ``mesh`` mm, faces outward; ``loop`` its edge, counter-clockwise from occlusal; ``along_mm`` the increasing places
    of the loop's vertices on the line; ``moved_mm`` the farthest way the form's wall was bent.
    """

    mesh: Mesh
    loop: Ints
    along_mm: Floats
    moved_mm: float


def skin_around(outer: Mesh, line: Line, base: Mask | None = None) -> Skin:
    """Cut a crown's outer form at the height of a finish line that runs around the tooth, and bend it to the line.

    Parameters
    ----------
    outer
        Closed form, mm, z along the insertion axis.
    line
        Finish line, counter-clockwise from above.
    base
        ``(n,) bool``: vertices of the form that stand for no tooth surface.

    Raises
    ------
    StageError
        When form and line do not lie around each other.
    """
    mesh, is_base = _fine(outer, _base_of(outer) if base is None else base)
    around = _Around(line)
    above = around.height_above(mesh.vertices)
    lowest = _wall_begins(mesh, is_base, above, around)
    start = np.interp(around.angle(mesh.vertices), *lowest, period=2 * np.pi)
    field = above - start
    field[is_base] = np.minimum(field[is_base], -1e-3)
    shell, ends, share = cut(mesh, field)
    mixed = (1 - share) * field[ends[:, 0]] + share * field[ends[:, 1]]
    piece, kept = largest_piece(shell)
    return _bent(piece, mixed[kept], line, around.place(piece.vertices))


def skin_inside(outer: Mesh, line: Line) -> Skin:
    """Cut the part of an outer form that lies inside a finish line drawn on it, and bend its edge onto the line.

    For inlays, onlays, veneers and table-tops, whose line runs over the tooth's own surface.

    Parameters
    ----------
    outer
        The restored tooth's form, closed or open, mm.
    line
        Finish line, counter-clockwise seen from outside; the form passes close to it.

    Raises
    ------
    StageError
        When the line does not lie on the form, or does not part it.
    """
    from .beside import beside_line

    mesh, _ = _fine(outer, np.zeros(len(outer.vertices), dtype=np.bool_))
    field = beside_line(mesh, line)
    shell, ends, share = cut(mesh, field)
    mixed = (1 - share) * field[ends[:, 0]] + share * field[ends[:, 1]]
    piece, kept = largest_piece(shell)
    return _bent(piece, mixed[kept], line, line.nearest(piece.vertices)[1])


def _bent(piece: Mesh, above: Floats, line: Line, place: Floats) -> Skin:
    loops = open_loops(piece)
    if not loops:
        raise StageError("the finish line does not cut the outer form", where="body", todo="Check line and form.")
    piece, loop = _closed_but_for(piece, loops)
    above, place = above[: len(piece.vertices)], place[: len(piece.vertices)]
    along = monotone(place[loop], line.length_mm)
    way = line.at(along) - piece.vertices[loop]
    far = np.linalg.norm(way, axis=1)
    u = np.mod(along, line.length_mm)
    order = np.argsort(u, kind="stable")
    shift = np.stack([np.interp(place, u[order], way[order, i], period=line.length_mm) for i in range(3)], axis=1)
    reach = np.maximum(BEND_MM, BEND_PER_MM * np.interp(place, u[order], far[order], period=line.length_mm))
    t = np.clip(above / reach, 0.0, 1.0)
    weight = (1 - t) ** 2 * (1 + 2 * t)
    moved = piece.vertices + weight[:, None] * shift
    moved[loop] = line.at(along)
    return Skin(Mesh(moved, piece.faces), loop, along, float(far.max()))


def _closed_but_for(piece: Mesh, loops: list[Ints]) -> tuple[Mesh, Ints]:
    """Close small holes with their corners; the longest edge stays open."""
    length = [float(np.linalg.norm(np.diff(piece.vertices[np.append(p, p[0])], axis=0), axis=1).sum()) for p in loops]
    order = np.argsort(length)[::-1]
    if len(loops) > 1 and length[order[1]] > 0.2 * length[order[0]]:
        raise StageError("the finish line cuts the outer form twice", where="body", todo="Check line and form.")
    faces = [piece.faces]
    for i in order[1:]:
        hole = loops[i][::-1]
        fan = np.stack([np.full(len(hole) - 2, hole[0]), hole[1:-1], hole[2:]], axis=1)
        faces.append(fan.astype(np.int32))
    return Mesh(piece.vertices, np.concatenate(faces)), loops[order[0]]


class _Around:
    """Azimuth about the middle of a line, and what the line does there."""

    def __init__(self, line: Line) -> None:
        u = np.arange(720) / 720 * line.length_mm
        ring = line.at(u)
        self.centre = (ring[:, :2].max(axis=0) + ring[:, :2].min(axis=0)) / 2
        turn = np.unwrap(np.arctan2(*(ring[:, :2] - self.centre).T[::-1]))
        if abs(turn[-1] - turn[0] - 2 * np.pi) > 0.6:
            raise StageError(
                "the finish line does not run counter-clockwise around the tooth",
                where="body",
                todo="Give it in order, counter-clockwise seen from occlusal.",
            )
        self._angle = np.maximum.accumulate(turn) + np.arange(720) * 1e-9
        self._place, self._height, self._length = u, ring[:, 2], line.length_mm
        self._radius = np.linalg.norm(ring[:, :2] - self.centre, axis=1)

    def angle(self, points: Points) -> Floats:
        return np.asarray(np.arctan2(points[:, 1] - self.centre[1], points[:, 0] - self.centre[0]))

    def place(self, points: Points) -> Floats:
        a = self._angle[0] + np.mod(self.angle(points) - self._angle[0], 2 * np.pi)
        full = np.append(self._angle, self._angle[0] + 2 * np.pi)
        return np.asarray(np.interp(a, full, np.append(self._place, self._length)))

    def height_above(self, points: Points) -> Floats:
        """Height above the line beside it; toward the middle above its mean."""
        there = np.interp(self.angle(points), self._angle, self._height, period=2 * np.pi)
        wide = np.interp(self.angle(points), self._angle, self._radius, period=2 * np.pi)
        away = np.linalg.norm(points[:, :2] - self.centre, axis=1)
        share = np.clip(away / (0.5 * wide), 0.0, 1.0)
        middle = float(self._height.mean())
        return np.asarray(points[:, 2] - middle - share * (there - middle))


def _wall_begins(mesh: Mesh, base: Mask, above: Floats, around: _Around) -> tuple[Floats, Floats]:
    """How high above the line the form's wall begins, by azimuth; 0 where it reaches the line."""
    turn = around.angle(mesh.vertices) / (2 * np.pi) % 1.0
    sector = (turn * SECTORS).astype(int) % SECTORS
    lowest = np.full(SECTORS, np.inf)
    np.minimum.at(lowest, sector[~base], above[~base])
    known = np.flatnonzero(np.isfinite(lowest))
    if len(known) < SECTORS / 3:
        raise StageError("the outer form has no wall around the finish line", where="body", todo="Check the form.")
    lowest = np.interp(np.arange(SECTORS), known, lowest[known], period=SECTORS)
    wide = np.max([np.roll(lowest, k) for k in (-2, -1, 0, 1, 2)], axis=0)
    start = np.maximum(wide + ABOVE_BASE_MM, 0.0)
    smooth = np.mean([np.roll(start, k) for k in range(-3, 4)], axis=0)
    return (np.arange(SECTORS) + 0.5) / SECTORS * 2 * np.pi, np.maximum(smooth, 0.0)


def _base_of(outer: Mesh) -> Mask:
    """Vertices that look rootward in the lower part of a form: its artificial base."""
    z = outer.vertices[:, 2]
    low, high = float(z.min()), float(z.max())
    return np.asarray((outer.vertex_normals[:, 2] < -0.7) & (z < low + 0.4 * (high - low)))


def _fine(mesh: Mesh, flags: Mask) -> tuple[Mesh, Mask]:
    from oral_architect.design.form import subdivided

    for _ in range(3):
        edges, _ = mesh.edge_table
        length = np.linalg.norm(mesh.vertices[edges[:, 0]] - mesh.vertices[edges[:, 1]], axis=1)
        if np.median(length) <= EDGE_MM:
            break
        mesh, flags = subdivided(mesh, flags)
    return mesh, flags
