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

from .crown import Seat
from .document import Body, CementSettings
from .line import Line
from .sewing import largest_piece, open_loops
from .skin import skin_inside

Floats = NDArray[np.float64]

SPACING_MM = 0.12
"""Spacing of the points of a line drawn around a worn surface."""


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


def worn_preparation(crown: Mesh, worn: Mask, axis: Floats, fdi: int) -> Preparation:
    """Describe an unprepared worn surface as a preparation: nothing is ground, its border is the finish line.

    Parameters
    ----------
    crown
        The scanned crown, open, mm.
    worn
        ``(n,) bool`` over its vertices: what the piece shall cover.
    axis
        ``(3,)``: the way the piece is pulled off.
    fdi
        Tooth number.

    Raises
    ------
    StageError
        When the worn part is not one piece with one border.
    """
    chosen = np.asarray(worn[crown.faces].all(axis=1))
    if not chosen.any():
        raise StageError("no worn surface is marked", where=f"tooth {fdi}", todo="Mark what shall be covered.")
    die, _ = largest_piece(crown.part(chosen)[0])
    loops = open_loops(die)
    if not loops:
        raise StageError("the worn surface has no border", where=f"tooth {fdi}", todo="Mark less of the tooth.")
    border = Line(_rounded(die.vertices[loops[0]]))
    along = np.arange(0.0, border.length_mm, SPACING_MM)
    up = np.asarray(axis, dtype=float) / np.linalg.norm(axis)
    heights = die.vertices @ up
    return Preparation(
        fdi=fdi,
        finish_line=border.at(along),
        sure=np.ones(len(along), dtype=np.bool_),
        margin="feather",
        axis=up,
        die=die,
        undercut_mm=np.zeros(len(die.vertices)),
        taper_deg=0.0,
        height_mm=float(np.ptp(heights)),
        reduction_mm=None,
        notes=("The worn surface is covered as it is; nothing is ground.",),
    )


def _rounded(loop: Floats) -> Floats:
    """A border of triangles without its teeth: each point half way to the middle of its neighbours, a few times."""
    ring = np.array(loop)
    for _ in range(3):
        ring = 0.5 * ring + 0.25 * (np.roll(ring, 1, axis=0) + np.roll(ring, -1, axis=0))
    return ring


def _piece(outer: Mesh, preparation: Preparation, cement: CementSettings | None, kind: str) -> Body:
    seat = Seat(preparation, cement or CementSettings())
    skin = skin_inside(outer.transformed(seat.matrix), seat.line)
    return seat.close(skin, kind)
