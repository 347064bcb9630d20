"""What a closed body is, and how much room its cement gets."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field

from oral_architect.case import Settings
from oral_architect.geometry import Mask, Mesh
from oral_architect.reference import find


@dataclass(frozen=True, eq=False)
class Body:
    """A restoration as a solid, in the frame of the preparation, mm.

    Parameters
    ----------
    mesh
        Closed, without self-intersection.
    outer
        ``(faces,) bool``: faces that will be seen and felt.
    intaglio
        ``(faces,) bool``: faces that look at the tooth; every face is one of the two, but for those of connectors.
    whole
        The restored tooth's outer surface afterwards.
    route
        How the body was made.
    notes
        What a person should know, sentences.
    """

    mesh: Mesh
    outer: Mask
    intaglio: Mask
    whole: Mesh
    route: str
    notes: tuple[str, ...] = ()


def _um(quantity: str, column: str = "value", site: str = "") -> float:
    return find("clinical_limits", group="cement", quantity=quantity, site=site).need(column)


class CementSettings(Settings):
    """The room between restoration and tooth, and what the maker's tool can reach.

    The gap is nothing at the finish line itself, ``margin_gap_um`` in the band beside it, and rises smoothly from
    ``gap_starts_mm`` to ``gap_um`` at ``gap_full_mm``; distances are from the finish line. Defaults are rows of
    ``reference/clinical_limits.csv``, groups ``cement`` and ``manufacture``.
    """

    gap_um: float = Field(default_factory=lambda: _um("cement_space_best_um"), ge=0, le=500)
    margin_gap_um: float = Field(default_factory=lambda: _um("margin_band_gap_um"), ge=0, le=200)
    gap_starts_mm: float = Field(default_factory=lambda: _um("gap_start_above_margin_mm", "low"), ge=0.1, le=3)
    gap_full_mm: float = Field(default_factory=lambda: _um("gap_start_above_margin_mm", "high"), ge=0.1, le=5)
    tool_radius_mm: float = Field(
        default_factory=lambda: find(
            "clinical_limits", group="manufacture", quantity="internal_radius_min_mm", site="milling"
        ).need("value"),
        ge=0,
        le=2,
    )
    """Radius of the ball that mills the intaglio; 0 for a printed or pressed body."""
    least_wall_mm: float = Field(
        default_factory=lambda: find("clinical_limits", group="manufacture", quantity="horizontal_border_min_mm").need(
            "value"
        ),
        ge=0.05,
        le=2,
    )
    """Where the outer form leaves less, it is moved outward so far that there is a body at all."""
