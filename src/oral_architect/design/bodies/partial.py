"""Pieces that replace part of a crown: inlay, onlay, overlay, veneer and table-top.

All are one construction: the outer form inside the finish line, bent onto the line, and the prepared surface inside the
line, offset by the cement gap, sewn together at the line. They differ in the surface they stand on and the axis along
which they are seated, both of which the preparation says.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oral_architect.design.preparation import Preparation
from oral_architect.errors import StageError
from oral_architect.geometry import Mask, Mesh
from oral_architect.geometry.closest import Surface

from .crown import seated
from .document import Body, CementSettings
from .line import Line
from .sewing import cut, largest_piece, open_loops
from .skin import skin_inside

Floats = NDArray[np.float64]

SPACING_MM, SMOOTH_MM = 0.1, 0.2
"""Spacing of the points of a border drawn around a worn surface, and over how much of it each is averaged."""
FINE_MM = 0.1
"""A surface is split until its typical edge is shorter, before a border is drawn on it."""
SOFTEN = 24
"""How often each vertex takes the mean of itself and its neighbours before the border is drawn half way."""


def inlay_body(outer: Mesh, preparation: Preparation, cement: CementSettings | None = None) -> Body:
    """Fill a cavity whose finish line runs over the biting surface, with or without a proximal box.

    Parameters
    ----------
    outer
        The restored tooth's form, mm; passes through the finish line.
    preparation
        Cavity, its cavosurface line, and the axis of insertion.
    cement
        Gap and tool.

    Raises
    ------
    StageError
        When line, cavity and form do not fit each other.
    """
    return _piece(outer, preparation, cement, "inlay")


def onlay_body(outer: Mesh, preparation: Preparation, cement: CementSettings | None = None) -> Body:
    """Cover one or more cusps; parameters and errors as for :func:`inlay_body`."""
    return _piece(outer, preparation, cement, "onlay")


def overlay_body(outer: Mesh, preparation: Preparation, cement: CementSettings | None = None) -> Body:
    """Cover all cusps; parameters and errors as for :func:`inlay_body`."""
    return _piece(outer, preparation, cement, "overlay")


def veneer_body(outer: Mesh, preparation: Preparation, cement: CementSettings | None = None) -> Body:
    """Cover a facial surface; the axis points facially or incisally. As :func:`inlay_body` otherwise."""
    return _piece(outer, preparation, cement, "veneer")


def tabletop_body(outer: Mesh, preparation: Preparation, cement: CementSettings | None = None) -> Body:
    """Cover a worn or ground biting surface; parameters and errors as for :func:`inlay_body`."""
    return _piece(outer, preparation, cement, "table-top")


def worn_preparation(
    crown: Mesh, worn: Mask, axis: Floats | None, fdi: int, *, around: Mesh | None = None
) -> Preparation:
    """Describe an unprepared surface as a preparation: nothing is ground, the smoothed border is the finish line.

    Parameters
    ----------
    crown
        The scanned crown, open, mm.
    worn
        ``(n,) bool`` over its vertices: what the piece shall cover. Of several places the largest counts, with all
        that lies inside its border.
    axis
        ``(3,)``: the way the piece is pulled off; the one of least undercut when ``None``.
    fdi
        Tooth number.
    around
        What may stand in the way of the piece, mm: the neighbours.

    Raises
    ------
    StageError
        When nothing is marked, or all of the tooth.
    """
    from oral_architect.design.preparation import insertion_axis, undercut_mm

    if not worn[crown.faces].all(axis=1).any():
        raise StageError("no worn surface is marked", where=f"tooth {fdi}", todo="Mark what shall be covered.")
    fine, marked = _finely(crown, _one_place(crown, worn))
    die = largest_piece(cut(fine, _softened(fine, marked) - 0.5)[0])[0]
    loops = open_loops(die)
    if not loops or len(die.faces) == len(fine.faces):
        raise StageError("the worn surface has no border", where=f"tooth {fdi}", todo="Mark less of the tooth.")
    border = Line(die.vertices[loops[0]]).evenly(SPACING_MM, SMOOTH_MM)
    line = Surface(fine).nearest(border.points).points
    facing = die.face_crosses.sum(axis=0)
    up = facing / np.linalg.norm(facing) if axis is None else np.asarray(axis, dtype=float) / np.linalg.norm(axis)
    if axis is None:
        up = insertion_axis(die, line, up, around=around).axis
    return Preparation(
        fdi=fdi,
        finish_line=line,
        sure=np.ones(len(line), dtype=np.bool_),
        margin="feather",
        axis=up,
        die=die,
        undercut_mm=undercut_mm(die, up),
        taper_deg=0.0,
        height_mm=float(np.ptp(die.vertices @ up)),
        reduction_mm=None,
        notes=("The tooth is covered as it is; nothing is ground.",),
    )


def _one_place(mesh: Mesh, chosen: Mask) -> Mask:
    """The largest connected place of those chosen, with all that lies inside its border."""
    return ~_largest(mesh, ~_largest(mesh, chosen))


def _largest(mesh: Mesh, chosen: Mask) -> Mask:
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    n, edges = len(chosen), mesh.edge_table[0]
    both = edges[chosen[edges].all(axis=1)]
    graph = coo_matrix((np.ones(len(both)), tuple(both.T)), shape=(n, n))
    _, part = connected_components(graph, directed=False)
    area = np.bincount(mesh.faces.ravel(), np.repeat(mesh.face_areas / 3, 3), n)
    return np.asarray(chosen & (part == int(np.argmax(np.bincount(part, np.where(chosen, area, 0.0))))))


def _finely(mesh: Mesh, marked: Mask) -> tuple[Mesh, Mask]:
    """Split faces until a border drawn over them has no teeth; the surface stays the same."""
    from oral_architect.design.form import subdivided

    while np.sqrt(2 * np.median(mesh.face_areas)) > FINE_MM:
        mesh, marked = subdivided(mesh, marked)
    return mesh, marked


def _softened(mesh: Mesh, marked: Mask) -> Floats:
    """1 where marked, 0 where not, one half on a straight border between the two, ``(n,)``."""
    n, edges = len(marked), mesh.edge_table[0]
    a, b = np.concatenate([edges, edges[:, ::-1]]).T
    count = np.maximum(np.bincount(a, minlength=n), 1)
    corners, inside = mesh.faces.ravel(), np.repeat(marked[mesh.faces].all(axis=1), 3)
    soft = np.bincount(corners, inside.astype(np.float64), n) / np.maximum(np.bincount(corners, minlength=n), 1)
    for _ in range(SOFTEN):
        soft = 0.5 * soft + 0.5 * np.bincount(a, soft[b], n) / count
    return soft


def _piece(outer: Mesh, preparation: Preparation, cement: CementSettings | None, kind: str) -> Body:
    return seated(
        preparation,
        cement or CementSettings(),
        kind,
        lambda seat: skin_inside(outer.transformed(seat.matrix), seat.line),
    )
