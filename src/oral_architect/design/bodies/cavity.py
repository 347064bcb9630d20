"""The room a restoration leaves for tooth and cement: the stump, the gap around it, and what a mill cuts away."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from oral_architect.errors import StageError
from oral_architect.geometry import Mesh, Points
from oral_architect.geometry.closest import Surface

from .document import CementSettings
from .gap import gap_mm
from .nets import level_mesh
from .sewing import largest_piece
from .stump import Seen, Stump

Floats = NDArray[np.float64]

GRID_MM = 0.1
"""Node distance; vertices are drawn onto the exact distance afterwards."""
COARSE = 4
"""Coarse nodes every so many fine ones say where fine ones are needed."""
BELOW_MM = 0.6
"""The level is followed this far below the finish line and then cut away."""
REPAIRS = 16
"""How often slivers of wall thinner than a cell are given up before the surface is taken as it is."""
ROUNDS = 3
"""How often corners are lifted off ridges."""
NOISE_MM = 0.005
"""A tool that misses the surface by less than this reaches it."""


class Cavity:
    """The level at which the distance to the stump is the designed gap, opened for a milling ball.

    Parameters
    ----------
    stump
        The swept die.
    cement
        Gap and tool.
    """

    def __init__(self, stump: Stump, cement: CementSettings) -> None:
        self.stump, self.cement = stump, cement
        self.balls: Points = np.zeros((0, 3))
        """``(n, 3) mm``: centres of the milling ball where it cuts more than the gap asks for."""
        self._tree: cKDTree | None = None
        self._nodes()
        surface = self._surface()
        if cement.tool_radius_mm > 0:
            self.balls = self._places_of_the_tool(surface)
            if len(self.balls):
                self._tree = cKDTree(self.balls)
                self._more_nodes()
                surface = self._surface()
        self.surface = self._cleared(surface)
        """Open mesh, faces look away from the tooth."""

    def clearance_mm(self, points: Points, seen: Seen | None = None) -> Floats:
        """Distance ``(n,) mm`` from the cavity, negative inside (exact near its surface)."""
        seen = seen or self.stump.look(points)
        clear = seen.signed_mm - gap_mm(seen.from_line_mm, self.cement)
        return np.minimum(clear, self._to_ball(points)[0]) if self._tree is not None else clear

    def onto(self, points: Points, *, lift_mm: Floats | float = 0.0) -> Points:
        """Draw points near the cavity onto its surface, or onto a parallel of it."""
        moved = np.array(points)
        lift = np.broadcast_to(np.asarray(lift_mm, dtype=np.float64), len(moved))
        for _ in range(2):
            seen = self.stump.look(moved)
            arm = (moved - seen.foot) * np.where(seen.signed_mm < 0, -1.0, 1.0)[:, None]
            size = np.linalg.norm(arm, axis=1, keepdims=True)
            good = size[:, 0] > 1e-6
            to = gap_mm(seen.from_line_mm, self.cement) + lift
            target = seen.foot + to[:, None] * np.divide(arm, size, out=np.zeros_like(arm), where=size > 1e-6)
            if self._tree is not None:
                clear = seen.signed_mm - gap_mm(seen.from_line_mm, self.cement)
                over, centre = self._to_ball(moved)
                by_ball = over < clear
                away = moved[by_ball] - centre[by_ball]
                away /= np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-9)
                target[by_ball] = centre[by_ball] + (self.cement.tool_radius_mm + lift[by_ball])[:, None] * away
                good |= by_ball
            moved[good] = target[good]
        return moved

    def _to_ball(self, points: Points) -> tuple[Floats, Points]:
        assert self._tree is not None
        away, which = self._tree.query(points, workers=1)
        return np.asarray(away - self.cement.tool_radius_mm), np.asarray(self.balls[which])

    def _nodes(self) -> None:
        """Lay the grid, measure the stump at coarse nodes, and at fine ones near the level."""
        both = np.concatenate([self.stump.shell.vertices, self.stump.line.points])
        wide = max(self.cement.gap_um / 1000, self.cement.tool_radius_mm) + 3 * GRID_MM
        self._low = both.min(axis=0) - wide
        # a cavity lies below its line, a stump above it
        self._low[2] = min(self.stump.line.points[:, 2].min() - BELOW_MM, both[:, 2].min() - 3 * GRID_MM)
        counts = (np.ceil((both.max(axis=0) + wide - self._low) / (COARSE * GRID_MM)).astype(int) + 1) * COARSE + 1
        if np.prod(counts.astype(float)) > 3e7:
            raise StageError("the die is too large for a tooth", where="body", todo="Check the unit of the scan.")
        self._shape = tuple(int(c) for c in counts)
        self._coarse = np.stack(np.meshgrid(*(np.arange(0, c, COARSE) for c in counts), indexing="ij"), axis=-1)
        tops = self._tops(self._coarse[:, :, 0].reshape(-1, 3)).reshape(self._coarse.shape[:2])
        z = self._low[2] + GRID_MM * self._coarse[..., 2]
        self._coarse = self._coarse.reshape(-1, 3)
        self._rough = self.stump.look(self._place(self._coarse), inside=(z < tops[:, :, None]).ravel()).signed_mm
        half = COARSE * GRID_MM * np.sqrt(3.0) / 2
        outside = self.cement.gap_um / 1000 + GRID_MM
        self._blocks = (self._rough > -half - 2 * GRID_MM) & (self._rough < outside + GRID_MM + half)
        self._index, self._points, self._seen = self._measured(self._coarse[self._blocks])

    def _more_nodes(self) -> None:
        """Measure fine nodes where the tool cuts beyond the gap."""
        assert self._tree is not None
        away, _ = self._tree.query(self._place(self._coarse), workers=1)
        half = COARSE * GRID_MM * np.sqrt(3.0) / 2
        over = away - self.cement.tool_radius_mm
        more = ~self._blocks & (np.abs(over) < half + 2 * GRID_MM) & (self._rough > -half)
        if not more.any():
            return
        index, points, seen = self._measured(self._coarse[more])
        self._index = np.concatenate([self._index, index])
        self._points = np.concatenate([self._points, points])
        parts = (self._seen, seen)
        self._seen = Seen(
            np.concatenate([p.signed_mm for p in parts]),
            np.concatenate([p.foot for p in parts]),
            np.concatenate([p.from_line_mm for p in parts]),
        )

    def _measured(self, blocks: NDArray[np.int64]) -> tuple[NDArray[np.int64], Points, Seen]:
        """All fine nodes around coarse ones: indices, places, and the stump seen from them."""
        offset = np.arange(COARSE) - COARSE // 2
        cube = np.stack(np.meshgrid(offset, offset, offset, indexing="ij"), axis=-1).reshape(-1, 3)
        nodes = (blocks[:, None] + cube[None]).reshape(-1, 3)
        nodes = nodes[((nodes >= 0) & (nodes < np.array(self._shape))).all(axis=1)]
        unique, where = np.unique(nodes[:, 0] * self._shape[1] + nodes[:, 1], return_inverse=True)
        top = self._tops(np.column_stack([unique // self._shape[1], unique % self._shape[1], np.zeros_like(unique)]))
        points = self._place(nodes)
        return nodes, points, self.stump.look(points, inside=points[:, 2] < top[where])

    def _place(self, index: NDArray[np.int64]) -> Points:
        return np.asarray(self._low + GRID_MM * index)

    def _tops(self, index: NDArray[np.int64]) -> Floats:
        return self.stump.tops(self._place(index)[:, :2])

    def _surface(self) -> Mesh:
        field = np.full(self._shape, np.nan)
        field[tuple(self._index.T)] = self.clearance_mm(self._points, self._seen)
        for attempt in range(REPAIRS):
            mesh = level_mesh(field, self._low, GRID_MM)
            if len(mesh.faces) == 0:
                raise StageError("no intaglio results from this die", where="body", todo="Check die and finish line.")
            edges, uses = mesh.edge_table
            if uses.max() <= 2:
                break
            # two sheets meet in one cell: the sliver of wall between them could not be made anyway
            cells = np.floor((mesh.vertices[edges[uses > 2].ravel()] - self._low) / GRID_MM).astype(int)
            # where that does not part them, corners farther from the level are given up too
            reach = GRID_MM * (1 + 0.25 * attempt)
            for corner in np.ndindex(2, 2, 2):
                at = tuple((cells + corner).T)
                field[at] = np.where(np.abs(field[at]) < reach, -np.abs(field[at]) - 1e-3, field[at])
        mesh, _ = largest_piece(mesh)
        drawn = self.onto(mesh.vertices)
        near = np.linalg.norm(drawn - mesh.vertices, axis=1) < 0.5 * GRID_MM
        return Mesh(np.where(near[:, None], drawn, mesh.vertices), mesh.faces)

    def _cleared(self, mesh: Mesh) -> Mesh:
        """Lift corners whose edges would cut across a sharp ridge of the die and lose half the gap there."""
        lift = np.zeros(len(mesh.vertices))
        edges, _ = mesh.edge_table
        for _ in range(ROUNDS):
            middle = mesh.vertices[edges].mean(axis=1)
            seen = self.stump.look(middle)
            lacking = 0.5 * gap_mm(seen.from_line_mm, self.cement) - seen.signed_mm
            lacking[seen.from_line_mm <= 0] = 0.0
            short = lacking > 1e-4
            if not short.any():
                break
            more = np.zeros(len(lift))
            for end in (0, 1):
                np.maximum.at(more, edges[short, end], 1.5 * lacking[short])
            lift += more
            which = np.flatnonzero(more > 0)
            points = np.array(mesh.vertices)
            points[which] = self.onto(points[which], lift_mm=lift[which])
            mesh = Mesh(points, mesh.faces)
        return mesh

    def _places_of_the_tool(self, surface: Mesh) -> Points:
        """Where a ball must stand to cut the places that no ball inside the cavity reaches.

        From a place that is missed, the ball stands on the way from the nearest centre of a ball that fits, just
        touching the place: the least it must cut beyond the gap.
        """
        radius = self.cement.tool_radius_mm
        seen = self.stump.look(surface.vertices)
        own = seen.from_line_mm > 0.5 * GRID_MM
        wall = surface.part(np.asarray(own[surface.faces].all(axis=1)))[0]
        if len(wall.faces) == 0:
            return np.zeros((0, 3))
        centres = self._centres_that_fit(wall, radius)
        if len(centres.faces) == 0:
            raise StageError(
                f"a tool of radius {radius:g} mm does not fit into the intaglio",
                where="body",
                todo="Choose a smaller tool, or print the restoration.",
            )
        near = Surface(centres).nearest(wall.vertices)
        missed = near.distance_mm > radius + NOISE_MM
        from_fit = near.points[missed]
        shift = 1 - radius / near.distance_mm[missed]
        return np.asarray(from_fit + shift[:, None] * (wall.vertices[missed] - from_fit))

    def _centres_that_fit(self, wall: Mesh, radius: float) -> Mesh:
        """Surface of the places where a ball touches the wall and cuts nothing of it."""
        step = 1.5 * GRID_MM
        margin = 2 * step
        low = wall.vertices.min(axis=0) - margin
        high = wall.vertices.max(axis=0) + margin
        low[2] -= radius + margin
        counts = np.ceil((high - low) / step).astype(int) + 1
        grid = np.stack(np.meshgrid(*(np.arange(c) for c in counts), indexing="ij"), axis=-1)
        points = (low + step * grid).reshape(-1, 3)
        away, _ = cKDTree(wall.vertices).query(points, distance_upper_bound=radius + 3 * step, workers=1)
        near = np.flatnonzero(np.isfinite(away) & (away > radius - 3 * step))
        inside = points[near][:, 2] < self._open_below(points[near][:, :2])
        field = np.full(len(points), np.nan)
        exact = Surface(wall).nearest(points[near]).distance_mm
        field[near] = np.where(inside, radius - exact, radius + exact)
        mesh = level_mesh(field.reshape(tuple(counts)), low, step)
        return largest_piece(mesh)[0] if len(mesh.faces) else mesh

    def _open_below(self, places: Floats) -> Floats:
        """Height under which a tool may stand over places: the die, and beside it the finish line's height."""
        unique, where = np.unique(np.round(places, 9), axis=0, return_inverse=True)
        top = self.stump.tops(unique)
        line = self.stump.line.points
        _, nearest = cKDTree(line[:, :2]).query(unique, workers=1)
        return np.asarray(np.where(np.isfinite(top), top, line[nearest, 2])[where.ravel()])
