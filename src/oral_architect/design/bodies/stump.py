"""The die as a restoration meets it on its way down: the prepared surface and all that lies below it.

A restoration pulled off along the axis passes every place above its seat. It seats without catching exactly when its
body keeps clear of the die *and* of all places under the die's surface, seen along the axis. That set's boundary lies
on the die itself, on curtains hanging from the edges where the die turns away from the axis (the blocked-out
undercuts), and on a curtain hanging from the finish line. Distances to these triangles are exact outside the set.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oral_architect.errors import StageError
from oral_architect.geometry import Mesh, Points
from oral_architect.geometry.closest import Surface
from oral_architect.geometry.rays import Target

from .line import Line, monotone
from .sewing import open_loops, zip_loops

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DROP_MM = 3.0
"""How far curtains hang below the lowest point of die and line."""
FROM_LINE_MM = 1.5
"""Farther from the finish line than this, how far no longer matters."""
LIP_MM = 0.1
"""Edges that turn away from the axis closer to the line than this belong to the line."""
JITTER_MM = 2e-4
"""Columns are looked down at three places this far apart, so that none slips through a seam."""


@dataclass(frozen=True, eq=False)
class Seen:
    """What the stump looks like from places.

    ``signed_mm`` ``(n,)`` distance, negative inside; ``foot`` ``(n, 3)`` the nearest points; ``from_line_mm`` ``(n,)``
    distance of the foot to the finish line, negative below it, at most ``FROM_LINE_MM``.
    """

    signed_mm: Floats
    foot: Points
    from_line_mm: Floats


class Stump:
    """The swept die, in the frame whose z is the insertion axis.

    Parameters
    ----------
    die
        Open prepared surface, mm, z along the axis.
    line
        Its finish line, counter-clockwise seen from above.

    Raises
    ------
    StageError
        When the die has no edge near the line.
    """

    def __init__(self, die: Mesh, line: Line) -> None:
        self.line = line
        self.shell = _up_to_line(die, line)
        self.floor_mm = float(min(self.shell.vertices[:, 2].min(), line.points[:, 2].min())) - DROP_MM
        hems = self.shell.vertices[_turning_edges(self.shell)]
        # a lip right at the line hangs beside the line's own curtain and is not part of the prepared surface
        lip = line.distance_mm(hems.mean(axis=1), FROM_LINE_MM) < LIP_MM
        inner = _curtain(hems[~lip, 0], hems[~lip, 1], self.floor_mm)
        starts, ends = line.points, np.roll(line.points, -1, axis=0)
        outer = _curtain(np.concatenate([starts, hems[lip, 0]]), np.concatenate([ends, hems[lip, 1]]), self.floor_mm)
        corners = np.concatenate([self.shell.vertices[self.shell.faces], inner, outer])
        soup = Mesh(corners.reshape(-1, 3), np.arange(3 * len(corners)).reshape(-1, 3).astype(np.int32))
        self._own = len(self.shell.faces) + len(inner)
        self._surface = Surface(soup)
        self._rays = Target(self.shell)

    def look(self, points: Points, inside: NDArray[np.bool_] | None = None) -> Seen:
        """Measure places ``(n, 3) mm``; ``inside`` when it is already known which lie below the die."""
        near = self._surface.nearest(points)
        if inside is None:
            inside = points[:, 2] < self.tops(points[:, :2])
        away = self.line.distance_mm(near.points, FROM_LINE_MM)
        below = near.faces >= self._own
        signed = np.where(inside, -near.distance_mm, near.distance_mm)
        return Seen(signed, near.points, np.where(below, -away, away))

    def tops(self, places: Floats) -> Floats:
        """Height of the die over places ``(n, 2) mm``; minus infinity beside it."""
        roof = float(self.shell.vertices[:, 2].max()) + 1.0
        best = np.full(len(places), -np.inf)
        for shift in ((0.0, 0.0), (JITTER_MM, 0.6 * JITTER_MM), (-0.7 * JITTER_MM, JITTER_MM)):
            start = np.column_stack([places + np.asarray(shift), np.full(len(places), roof)])
            away, _ = self._rays.first_hit(start, np.tile([0.0, 0.0, -1.0], (len(places), 1)))
            best = np.maximum(best, roof - away)
        return best


def seat_frame(axis: Floats, centre: Floats) -> NDArray[np.float64]:
    """Rigid ``(4, 4)`` transform into the frame with ``axis`` along z and ``centre`` at its origin."""
    w = axis / np.linalg.norm(axis)
    seed = np.eye(3)[int(np.argmin(np.abs(w)))]
    u = np.cross(seed, w)
    u /= np.linalg.norm(u)
    matrix = np.eye(4)
    matrix[:3, :3] = np.stack([u, np.cross(w, u), w])
    matrix[:3, 3] = -matrix[:3, :3] @ centre
    return matrix


REACH_MM = 0.5
"""A die may end this far from the finish line; the strip between is closed."""


def _up_to_line(die: Mesh, line: Line) -> Mesh:
    """The die, and a strip from its edge to the finish line."""
    loops = open_loops(die)
    if not loops:
        raise StageError("the die has no open edge", where="body", todo="Cut the die at the finish line.")
    loops.sort(key=lambda loop: -float(np.linalg.norm(np.diff(die.vertices[loop], axis=0), axis=1).sum()))
    rim = loops[0]
    away, along = line.nearest(die.vertices[rim])
    if np.percentile(away, 90) > REACH_MM:
        raise StageError("the die does not reach the finish line", where="body", todo="Find the preparation again.")
    die = _without_holes(die, loops[1:])
    if away.max() < 1e-6 and len(rim) == len(line.points):
        return die
    n = len(die.vertices)
    # the edge of a surface seen from outside runs counter-clockwise, as the line does
    rim_along = monotone(along, line.length_mm)
    strip = zip_loops(n + np.arange(len(line.points)), line.start[:-1], rim, rim_along, line.length_mm)
    vertices = np.concatenate([die.vertices, line.points])
    faces = np.concatenate([die.faces.astype(np.int64), strip])
    joined = Mesh(vertices, faces.astype(np.int32))
    return joined.part(joined.face_areas > 1e-12)[0]


def _without_holes(die: Mesh, holes: list[Ints]) -> Mesh:
    """Close the holes of a die with fans around their middles."""
    vertices, faces = [die.vertices], [die.faces.astype(np.int64)]
    for i, hole in enumerate(holes):
        vertices.append(die.vertices[hole].mean(axis=0)[None])
        faces.append(np.stack([np.roll(hole, -1), hole, np.full(len(hole), len(die.vertices) + i)], axis=1))
    return Mesh(np.concatenate(vertices), np.concatenate(faces).astype(np.int32))


def _turning_edges(shell: Mesh) -> Ints:
    """Edges ``(e, 2)`` between a face that looks up and one that does not."""
    faces = shell.faces.astype(np.int64)
    pairs = faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
    key = pairs.min(axis=1) * len(shell.vertices) + pairs.max(axis=1)
    order = np.argsort(key, kind="stable")
    same = np.flatnonzero(key[order][1:] == key[order][:-1])
    first, second = order[same], order[same + 1]
    up = shell.face_normals[:, 2] > 0
    return np.asarray(pairs[first[up[first // 3] != up[second // 3]]])


def _curtain(a: Points, b: Points, floor_mm: float) -> NDArray[np.float64]:
    """Upright faces ``(2 e, 3, 3)`` from edges down to a height."""
    if len(a) == 0:
        return np.zeros((0, 3, 3))
    low_a, low_b = a.copy(), b.copy()
    low_a[:, 2] = low_b[:, 2] = floor_mm
    faces = np.stack([np.stack([a, b, low_b], axis=1), np.stack([a, low_b, low_a], axis=1)], axis=1)
    return faces.reshape(-1, 3, 3)
