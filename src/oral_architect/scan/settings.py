"""What a user may choose about reading a scan."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from oral_architect.case import Settings

Unit = Literal["mm", "cm", "m", "inch", "um"]


class ScanSettings(Settings):
    """Settings of the scan stage.

    Every length is in mm of the surface once its unit is known.
    """

    unit: Unit | None = None
    """The unit of the file; ``None`` finds it from what the file says and how large the surface is."""
    weld_mm: float = Field(default=0.001, ge=0, le=0.05)
    """Vertices closer than this are one; far below what any intraoral scanner resolves."""
    speck_mm2: float = Field(default=5.0, ge=0)
    """Loose pieces smaller than this (and than 1 % of the scan) are removed; a tooth shows 40 mm² or more."""
    max_faces: int = Field(default=600_000, ge=1_000)
    """Finer surfaces are decimated to this many faces."""
    min_faces: int = Field(default=300, ge=4)
    """Coarser surfaces are refused: teeth cannot be told apart on them."""
    max_lost_share: float = Field(default=0.05, ge=0, le=1)
    """The file is refused when a larger share of its vertices is not a number."""
    check_plausible: bool = True
    """Whether a surface that does not look like a dental arch is refused."""
