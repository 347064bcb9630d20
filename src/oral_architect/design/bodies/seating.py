"""How a body fits its die: does it seat without catching, how wide is the gap, how far is its edge from the line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oral_architect.design.preparation import Preparation
from oral_architect.geometry import Mesh, Points
from oral_architect.geometry.closest import Surface
from oral_architect.geometry.rays import Target

from .cavity import Cavity
from .document import Body, CementSettings
from .gap import gap_mm
from .line import Line
from .stump import Stump, seat_frame

Floats = NDArray[np.float64]

COLUMN_MM = 0.05
"""Distance of the columns along which overlap is measured."""
AT_LINE_MM = 0.03
"""This near to the finish line body and tooth meet by design; what overlaps there is the chord of a corner."""
TOUCH_MM = 1e-3
"""Overlap of less than a micrometre is that of chords with the arc they span."""


@dataclass(frozen=True, eq=False)
class Fit:
    """Figures of a body on its die.

    Parameters
    ----------
    interference_mm3
        Volume of the body that meets the die on its way to the seat, but for the finish line itself.
    interference_mm
        Deepest such place, perpendicular to the die.
    gap_mm, designed_gap_mm
        ``(n,)``: at the middles of the intaglio's faces.
    milled
        ``(n,) bool``: faces that the milling ball moved away from the designed gap.
    areas_mm2
        ``(n,)``: their areas.
    margin_mm
        Farthest corner of the body's edge from the finish line, and point of the line from the edge.
    """

    interference_mm3: float
    interference_mm: float
    gap_mm: Floats
    designed_gap_mm: Floats
    milled: NDArray[np.bool_]
    areas_mm2: Floats
    margin_mm: float


def fit_of(body: Body, preparation: Preparation, cement: CementSettings) -> Fit:
    """Measure a body on the die it was made for."""
    matrix = seat_frame(np.asarray(preparation.axis, dtype=float), preparation.finish_line.mean(axis=0))
    line = Line(preparation.finish_line @ matrix[:3, :3].T + matrix[:3, 3])
    stump = Stump(preparation.die.transformed(matrix), line)
    mesh = body.mesh.transformed(matrix)
    volume, depth = _overlap(mesh, stump)
    inner = mesh.part(body.intaglio)[0]
    centres = inner.vertices[inner.faces].mean(axis=1)
    seen = stump.look(centres)
    designed = gap_mm(seen.from_line_mm, cement)
    milled = _milled(centres, seen.signed_mm, designed, stump, cement)
    return Fit(volume, depth, seen.signed_mm, designed, milled, inner.face_areas, _margin(body, preparation))


def _overlap(mesh: Mesh, stump: Stump) -> tuple[float, float]:
    """Volume and depth of what lies below the die's surface, column by column along the axis."""
    low, high = mesh.vertices.min(axis=0), mesh.vertices.max(axis=0)
    axes = [np.arange(low[i] + 0.37 * COLUMN_MM, high[i], COLUMN_MM) for i in range(2)]
    places = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
    floor = float(low[2]) - 1.0
    start = np.column_stack([places, np.full(len(places), floor)])
    away, _ = Target(mesh).first_hit(start, np.tile([0.0, 0.0, 1.0], (len(places), 1)))
    bottom = floor + away
    tops = stump.tops(places)
    over = np.flatnonzero(tops - bottom > TOUCH_MM)
    points = np.concatenate([np.column_stack([places[over], bottom[over]]), mesh.vertices])
    depth = -stump.look(points).signed_mm
    depth[stump.line.distance_mm(points, 2 * AT_LINE_MM) < AT_LINE_MM] = 0.0
    deep = float(np.max(depth, initial=0.0))
    real = depth[: len(over)] > TOUCH_MM
    volume = float((tops - bottom)[over][real].sum()) * COLUMN_MM**2
    return volume, deep if deep > TOUCH_MM else 0.0


def _milled(centres: Points, gaps: Floats, designed: Floats, stump: Stump, cement: CementSettings) -> NDArray[np.bool_]:
    if cement.tool_radius_mm <= 0:
        return np.zeros(len(centres), dtype=np.bool_)
    cavity = Cavity(stump, cement)
    if len(cavity.balls) == 0:
        return np.zeros(len(centres), dtype=np.bool_)
    plain = gaps - designed
    return np.asarray(plain - cavity.clearance_mm(centres) > 1e-3)


def _margin(body: Body, preparation: Preparation) -> float:
    """Farthest distance between the edge where outer side and intaglio meet, and the finish line, both ways."""
    outer = body.mesh.part(body.outer)[0]
    edge = outer.open_edges
    corners = outer.vertices[np.unique(edge)]
    line = Line(preparation.finish_line)
    there = float(line.nearest(corners)[0].max())
    pairs = outer.vertices[edge]
    thin = np.concatenate([pairs, pairs[:, :1]], axis=1).reshape(-1, 3)
    hair = Surface(Mesh(thin, np.arange(len(thin)).reshape(-1, 3).astype(np.int32)))
    back = float(hair.nearest(preparation.finish_line).distance_mm.max())
    return max(there, back)
