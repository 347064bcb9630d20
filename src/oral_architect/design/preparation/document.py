"""What a preparation is: the finish line, the die inside it, and the numbers a technician asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry import Mask, Mesh, Points

from .measures import DieMeasures

Margin = Literal["shoulder", "chamfer", "feather", "mixed"]


@dataclass(frozen=True, eq=False)
class Preparation:
    """A prepared tooth as found on a scan, in the scan's frame (patient LPS, mm).

    Parameters
    ----------
    fdi
        Tooth number.
    finish_line
        ``(k, 3) float, mm``: the outer edge of the ledge, closed, counter-clockwise seen from occlusal, without the
        repeated first point, at most 0.15 mm from point to point, on the scan.
    sure
        ``(k,) bool``: ``False`` where the line was inferred, because the gingiva or a hole of the scan hides it.
    margin
        Kind of finish line.
    axis
        ``(3,) float``: unit insertion axis, pointing occlusally, the way the restoration is pulled off.
    die
        The prepared surface inside the finish line: an open shell of the scan's own surface, mm.
    undercut_mm
        ``(vertices of die,) float, mm``: how far each vertex lies sideways in the shade of the die seen along the axis;
        0 where free.
    taper_deg
        Total occlusal convergence: the angle between opposite walls.
    height_mm
        Abutment height along the axis, from the finish line to the top.
    reduction_mm
        Least clearance of the die's top to the antagonist; ``None`` without one.
    notes
        What a person should know, sentences.
    measures
        Taper by sides, walls, least wall height with its place; ``None`` when not measured.
    """

    fdi: int
    finish_line: Points
    sure: Mask
    margin: Margin
    axis: NDArray[np.float64]
    die: Mesh
    undercut_mm: NDArray[np.float64]
    taper_deg: float
    height_mm: float
    reduction_mm: float | None
    notes: tuple[str, ...] = ()
    measures: DieMeasures | None = None
