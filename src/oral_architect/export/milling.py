"""3-axis G-code for one side of a part: roughing by levels, then a finish, tool heights by OpenCAMLib's drop cutter.

The tool is a ball of the smallest inner radius the design rules count on, so what it cannot reach was never promised.
OpenCAMLib is LGPL-2.1: it is used where it is installed and never shipped.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oral_architect.errors import MissingPartError
from oral_architect.geometry import Mesh
from oral_architect.reference import find

from .figures import machine_figure
from .part import Part

LEVEL_HAIR = 1e-9
CHORDS = 4
"""Points along a row for one stepover: a straight move between two touches must not cut a sharp edge."""
STEEP = 2.0
"""Rise over run from which on, and from row to row always, the tool goes up before it goes on, and on before down."""


@dataclass(frozen=True)
class Job:
    """What a side is milled with, mm unless said."""

    radius: float
    stepover: float
    stepdown: float
    allowance: float
    clearance: float
    feed_mm_per_min: float
    spindle_rpm: float

    @classmethod
    def of_the_house(cls) -> Job:
        """Return the figures of ``machines.csv`` and of the design's milling limit.

        The stepover follows from the ridge it may leave: ``s = sqrt(8 r h)``, the chord of a circle of radius r.
        """
        radius = find("clinical_limits", quantity="internal_radius_min_mm", site="milling").need("value")
        figure = {
            name: machine_figure(name).need("value")
            for name in (
                "scallop_mm",
                "stepdown_mm",
                "allowance_mm",
                "clearance_mm",
                "feed_mm_per_min",
                "spindle_rpm",
            )
        }
        return cls(
            radius=radius,
            stepover=math.sqrt(8 * radius * figure["scallop_mm"]),
            stepdown=figure["stepdown_mm"],
            allowance=figure["allowance_mm"],
            clearance=figure["clearance_mm"],
            feed_mm_per_min=figure["feed_mm_per_min"],
            spindle_rpm=figure["spindle_rpm"],
        )


def milled_side(part: Part, job: Job) -> bytes:
    """Return the G-code that cuts the upper side of a part out of a blank of its size.

    Absolute mm, spindle on, the tool's tip is programmed; z 0 is the platform, the blank's top the part's. Down to the
    platform beside the part: turned over, the other side is cut the same way.

    Raises
    ------
    MissingPartError
        When OpenCAMLib is not installed.
    """
    heights = tool_heights(part.mesh, job)
    top = float(part.size_mm[2])
    safe = top + job.clearance
    lines = [
        f"( {part.name.replace('(', ' ').replace(')', ' ')}: ball {2 * job.radius:g} mm )",
        "G21 G90 G17 G94",
        f"M3 S{job.spindle_rpm:.0f}",
        f"G0 Z{safe:.3f}",
    ]
    level = top
    while level > LEVEL_HAIR:
        level = max(level - job.stepdown, 0.0)
        rough = heights.copy()
        rough[:, :, 2] = np.maximum(heights[:, :, 2] + job.allowance, level)
        lines += _rows(rough, safe, job, least=top)
    lines += _rows(heights, safe, job, least=math.inf)
    lines += [f"G0 Z{safe:.3f}", "M5", "M30", ""]
    return "\n".join(lines).encode("ascii", errors="replace")


def tool_heights(mesh: Mesh, job: Job) -> NDArray[np.float64]:
    """Return where the tool's tip touches, ``(rows, points, 3) float, mm``, serpentine, never below the platform."""
    ocl = _library()
    surface = ocl.STLSurf()
    for corners in mesh.vertices[mesh.faces].tolist():
        surface.addTriangle(ocl.Triangle(*(ocl.Point(*corner) for corner in corners)))
    high = mesh.vertices.max(axis=0)
    # one tool width around the part, so that its side walls are cut free
    x, y = (
        np.arange(-job.radius, end + job.radius + step, step)
        for end, step in zip(high[:2], (job.stepover / CHORDS, job.stepover), strict=True)
    )
    drop = ocl.BatchDropCutter()
    drop.setThreads(1)
    drop.setSTL(surface)
    drop.setCutter(ocl.BallCutter(2 * job.radius, float(high[2]) + 4 * job.radius))
    for across in y:
        for along in x:
            drop.appendPoint(ocl.CLPoint(float(along), float(across), 0.0))
    drop.run()
    tips = np.array([(point.x, point.y, point.z) for point in drop.getCLPoints()]).reshape(len(y), len(x), 3)
    tips[:, :, 2] = np.maximum(tips[:, :, 2], 0.0)
    tips[1::2] = tips[1::2, ::-1]
    return tips


def _rows(tips: NDArray[np.float64], safe: float, job: Job, *, least: float) -> Iterator[str]:
    """Go through the rows; what lies at or above ``least`` is in the air and left out."""
    at: tuple[float, float, float] | None = None
    for x, y, z in tips.reshape(-1, 3).tolist():
        if z >= least:
            if at is not None:
                yield f"G0 Z{safe:.3f}"
            at = None
            continue
        if at is None:
            yield f"G0 X{x:.3f} Y{y:.3f}"
            yield f"G1 Z{z:.3f} F{job.feed_mm_per_min:.0f}"
        elif abs(z - at[2]) > STEEP * (abs(x - at[0])) and z > at[2]:
            yield f"G1 Z{z:.3f}"
            yield f"G1 X{x:.3f} Y{y:.3f}"
        elif abs(z - at[2]) > STEEP * (abs(x - at[0])):
            yield f"G1 X{x:.3f} Y{y:.3f}"
            yield f"G1 Z{z:.3f}"
        else:
            yield f"G1 X{x:.3f} Y{y:.3f} Z{z:.3f}"
        at = (x, y, z)
    if at is not None:
        yield f"G0 Z{safe:.3f}"


def _library() -> Any:
    try:
        import opencamlib
    except ImportError as error:
        raise MissingPartError(
            "OpenCAMLib is not installed.", where="G-code", todo="Run: pip install 'oral-architect[mill]'."
        ) from error
    return opencamlib
