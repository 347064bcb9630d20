"""A full crown as a closed body: outer form, finish line and die sewn into one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from oral_architect.design.preparation import Preparation
from oral_architect.errors import StageError
from oral_architect.geometry import Mask, Mesh

from .cavity import Cavity
from .document import Body, CementSettings
from .line import Line
from .shell import Sewn, sew
from .skin import Skin, skin_around
from .stump import Stump, seat_frame

Floats = NDArray[np.float64]

STEP_MM = 0.1
"""Corners of the margin stand this close on the finish line."""
SMOOTHS_MM = (0.1, 0.2)
"""The finish line is averaged over this much of its length, the second where the first gives no body: a smooth line
moves by a few micrometres, and teeth that no tool could cut make the two sides of a margin cross."""


def crown_body(
    outer: Mesh,
    preparation: Preparation,
    cement: CementSettings | None = None,
    *,
    base: Mask | None = None,
) -> Body:
    """Make a crown from its outer form and the preparation it stands on.

    The form is cut at the height of the finish line and its cervical part bent to end in the line; the intaglio is the
    prepared surface, blocked out along the insertion axis, offset by the cement gap and opened where the milling ball
    needs room. Every corner of the margin lies on the finish line.

    Parameters
    ----------
    outer
        Closed outer form, mm.
    preparation
        Finish line, die and axis, same frame.
    cement
        Gap and tool; see :class:`CementSettings`.
    base
        ``(n,) bool``: vertices of the form that stand for no tooth surface; found by their direction unless given.

    Raises
    ------
    StageError
        When line, die and form do not fit each other, or no body without self-intersection results.
    """
    return seated(
        preparation,
        cement or CementSettings(),
        "crown",
        lambda seat: skin_around(outer.transformed(seat.matrix), seat.line, base),
    )


def seated(preparation: Preparation, cement: CementSettings, kind: str, skin_of: Callable[[Seat], Skin]) -> Body:
    """Close a body over a preparation.

    Where the line as it is gives none, a smoother one is taken, then a finer tool, and the notes say so.

    Raises
    ------
    StageError
        When no body without self-intersection results.
    """
    plain = cement.model_copy(update={"tool_radius_mm": 0.0})
    ways = [(cement, smooth) for smooth in SMOOTHS_MM]
    if cement.tool_radius_mm > 0:
        ways += [(plain, smooth) for smooth in SMOOTHS_MM]
    problems = []
    for chosen, smooth_mm in ways:
        try:
            seat = Seat(preparation, chosen, smooth_mm)
            body = seat.close(skin_of(seat), kind)
        except StageError as problem:
            problems.append(problem)
            continue
        if chosen is cement:
            return body
        tool = f"a milling ball of radius {cement.tool_radius_mm:g} mm"
        note = f"Made for printing or a finer tool: {tool} would cut through its wall or margin."
        return replace(body, notes=(*body.notes, note))
    raise problems[0]


class Seat:
    """A preparation in its own frame, z along the insertion axis, with the cavity over it.

    Parameters
    ----------
    preparation
        Finish line, die, axis.
    cement
        Gap and tool.
    smooth_mm
        How much of the finish line's length it is averaged over.
    """

    def __init__(self, preparation: Preparation, cement: CementSettings, smooth_mm: float = SMOOTHS_MM[0]) -> None:
        self.preparation, self.cement = preparation, cement
        self.matrix = seat_frame(np.asarray(preparation.axis, dtype=float), preparation.finish_line.mean(axis=0))
        turn, shift = self.matrix[:3, :3], self.matrix[:3, 3]
        self.line = Line(preparation.finish_line @ turn.T + shift).evenly(STEP_MM, smooth_mm)
        self.stump = Stump(preparation.die.transformed(self.matrix), self.line)
        self.cavity = Cavity(self.stump, cement)

    def close(self, skin: Skin, kind: str) -> Body:
        """Sew a skin to the cavity and bring the body back into the preparation's frame.

        Raises
        ------
        StageError
            When the body cuts through itself.
        """
        sewn = sew(skin, self.cavity, self.cement.least_wall_mm)
        if sewn.crossings or not sewn.mesh.is_watertight or sewn.mesh.volume_mm3 <= 0:
            why = f"would cut through itself at {sewn.crossings} places" if sewn.crossings else "would not be closed"
            raise StageError(
                f"the {kind} {why}",
                where=f"tooth {self.preparation.fdi}",
                todo="Check that the outer form lies around the preparation, and the course of the finish line.",
            )
        mesh = sewn.mesh.transformed(np.asarray(np.linalg.inv(self.matrix), dtype=np.float64))
        return Body(
            mesh=mesh,
            outer=sewn.outer,
            intaglio=~sewn.outer,
            whole=mesh.part(sewn.outer)[0],
            route="sewn",
            notes=tuple(self._notes(skin, sewn)),
        )

    def _notes(self, skin: Skin, sewn: Sewn) -> list[str]:
        notes = [f"The outer form was bent by up to {skin.moved_mm:.2f} mm to meet the finish line."]
        if sewn.lifted_mm > 0.005:
            notes.append(
                f"The outer form was moved outward by up to {sewn.lifted_mm:.2f} mm,"
                f" where it left less than {self.cement.least_wall_mm:g} mm of wall."
            )
        if len(self.cavity.balls):
            notes.append(
                f"A milling ball of radius {self.cement.tool_radius_mm:g} mm needs more room than the cement gap"
                " along sharp edges of the preparation."
            )
        undercut = self.preparation.undercut_mm
        if len(undercut) and float(undercut.max()) > 0.01:
            notes.append(f"Undercuts of up to {float(undercut.max()):.2f} mm were blocked out.")
        if not bool(self.preparation.sure.all()):
            notes.append(f"{float((~self.preparation.sure).mean()):.0%} of the finish line was inferred, not seen.")
        return notes
