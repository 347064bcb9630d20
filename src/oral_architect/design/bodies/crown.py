"""A full crown as a closed body: outer form, finish line and die sewn into one."""

from __future__ import annotations

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
SMOOTH_MM = 0.15
"""The finish line is averaged over this much of its length: a smooth line moves by a few micrometres, and teeth that no
tool could cut make the two sides of a margin cross."""


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
    chosen = cement or CementSettings()
    seat = Seat(preparation, chosen)
    skin = skin_around(outer.transformed(seat.matrix), seat.line, base)
    return seat.close(skin, "crown")


class Seat:
    """A preparation in its own frame, z along the insertion axis, with the cavity over it.

    Parameters
    ----------
    preparation
        Finish line, die, axis.
    cement
        Gap and tool.
    axis
        Another insertion axis, as for a bridge.
    """

    def __init__(self, preparation: Preparation, cement: CementSettings, axis: Floats | None = None) -> None:
        self.preparation, self.cement = preparation, cement
        chosen = preparation.axis if axis is None else axis
        self.matrix = seat_frame(np.asarray(chosen, dtype=float), preparation.finish_line.mean(axis=0))
        turn, shift = self.matrix[:3, :3], self.matrix[:3, 3]
        self.line = Line(preparation.finish_line @ turn.T + shift).evenly(STEP_MM, SMOOTH_MM)
        self.stump = Stump(preparation.die.transformed(self.matrix), self.line)
        self.cavity = Cavity(self.stump, cement)

    def close(self, skin: Skin, kind: str) -> Body:
        """Sew a skin to the cavity and bring the body back into the preparation's frame.

        Where the milling ball would cut through the outer side or the margin, the intaglio is left as a finer tool
        makes it, and the notes say so.

        Raises
        ------
        StageError
            When the body cuts through itself.
        """
        cavity = self.cavity
        sewn = sew(skin, cavity, self.cement.least_wall_mm)
        if sewn.crossings and len(cavity.balls):
            cavity = Cavity(self.stump, self.cement.model_copy(update={"tool_radius_mm": 0.0}))
            sewn = sew(skin, cavity, self.cement.least_wall_mm)
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
            notes=tuple(self._notes(skin, sewn, cavity)),
        )

    def _notes(self, skin: Skin, sewn: Sewn, cavity: Cavity) -> list[str]:
        notes = [f"The outer form was bent by up to {skin.moved_mm:.2f} mm to meet the finish line."]
        if sewn.lifted_mm > 0.005:
            notes.append(
                f"The outer form was moved outward by up to {sewn.lifted_mm:.2f} mm,"
                f" where it left less than {self.cement.least_wall_mm:g} mm of wall."
            )
        tool = f"a milling ball of radius {self.cement.tool_radius_mm:g} mm"
        if cavity is not self.cavity:
            notes.append(f"Made for printing or a finer tool: {tool} would cut through its wall or margin.")
        elif len(cavity.balls):
            notes.append(
                f"{tool.capitalize()} needs more room than the cement gap along sharp edges of the preparation."
            )
        undercut = self.preparation.undercut_mm
        if len(undercut) and float(undercut.max()) > 0.01:
            notes.append(f"Undercuts of up to {float(undercut.max()):.2f} mm were blocked out.")
        if not bool(self.preparation.sure.all()):
            notes.append(f"{float((~self.preparation.sure).mean()):.0%} of the finish line was inferred, not seen.")
        return notes


def about_axis(preparation: Preparation, axis: Floats) -> Preparation:
    """Return the preparation with another insertion axis."""
    return replace(preparation, axis=axis / np.linalg.norm(axis))
