"""How a preparation is looked for."""

from __future__ import annotations

from pydantic import Field

from oral_architect.case import Settings


class PreparationSettings(Settings):
    """Scales and thresholds of the search; nothing is drawn by chance.

    Parameters
    ----------
    spacing_mm
        Between the points of the finish line.
    sections
        Cuts around the tooth in the first, coarse search.
    window_mm
        Length of surface on either side over which a bend is measured where a second edge is looked for.
    least_trust
        The line is sure where the networks trust it more than this. Set on phantoms that are neither trained on nor
        measured on, so that 95 % of the sure points lie within 0.1 mm of the true line (``benchmarks/design``).
    least_turn_deg
        A bend flatter than this is no edge; scanner noise bends a plane by about 3 degrees over the window.
    hole_mm
        Longest rim of a hole of the scan that is bridged.
    most_unsure_share
        When more of the line than this is inferred, the preparation is refused.
    double_gap_mm, double_share
        Two ridges this far apart, equally strong over this share of the line, are a double margin.
    tilt_deg
        How far the insertion axis may lean from the tooth's own.
    needs_room
        Whether a preparation that touches its antagonist is refused.
    """

    spacing_mm: float = Field(default=0.12, gt=0, le=0.15)
    sections: int = Field(default=120, ge=48)
    window_mm: float = Field(default=0.45, gt=0)
    least_trust: float = Field(default=0.8, gt=0, lt=1)
    least_turn_deg: float = Field(default=9.0, gt=0)
    hole_mm: float = Field(default=8.0, ge=0)
    most_unsure_share: float = Field(default=0.6, gt=0, le=1)
    double_gap_mm: float = Field(default=0.45, gt=0)
    double_share: float = Field(default=0.4, gt=0, le=1)
    tilt_deg: float = Field(default=25.0, gt=0, lt=60)
    needs_room: bool = True
