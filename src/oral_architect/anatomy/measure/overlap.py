"""Overjet and overbite."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oral_architect.anatomy.document import Measure
from oral_architect.geometry import Mesh
from oral_architect.geometry.rays import Target

from .arch_frame import ArchFrame
from .marks import Marks

Floats = NDArray[np.float64]

_LOWER = (41, 31, 42, 32)
_FAR_MM = 30.0


def overjet_and_overbite(marks: Marks, frame: ArchFrame, lower_front: Mesh | None) -> list[Measure]:
    """How far the upper central incisors stand before and over the lower.

    Overjet is the horizontal distance, along the midline of the upper arch and parallel to its occlusal plane, from
    the incisal midpoint of each upper central incisor back to the labial surface of the lower incisors; where these do
    not reach its level, to their edge. Overbite is the distance along the plane's normal from it to the edge of the
    lower incisor opposite. Both are the means of right and left; negative is a reverse or an open bite.

    Parameters
    ----------
    marks
        Of both arches in occlusion.
    frame
        Of the upper arch.
    lower_front
        The crowns of the lower incisors together, in occlusion; ``None`` when there are none.
    """
    lower = [p for t in _LOWER if (p := marks.edge(t)) is not None]
    upper = [p for t in (11, 21) if (p := marks.edge(t)) is not None]
    if not lower or not upper or lower_front is None:
        return []
    edges = frame.flat(np.array(lower))
    target = Target(lower_front)
    jets, bites = [], []
    for point in upper:
        at = frame.flat(point)
        opposite = edges[np.abs(edges[:, 0] - at[0]).argmin()]
        depth, _ = target.first_hit((point - _FAR_MM * frame.rows[1])[None], frame.rows[1][None])
        jets.append(float(depth[0]) - _FAR_MM if np.isfinite(depth[0]) else float(opposite[1] - at[1]))
        bites.append(float(opposite[2] - at[2]))
    return [
        Measure(name="overjet", value=float(np.mean(jets)), unit="mm"),
        Measure(name="overbite", value=float(np.mean(bites)), unit="mm"),
    ]
