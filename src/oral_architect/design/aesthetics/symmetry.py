"""Right against left: each front tooth mirrored onto its namesake, in place and in form."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry import Points
from oral_architect.geometry.closest import Surface
from oral_architect.geometry.registration import icp

from .dimensions import width_mm
from .document import Observation
from .observe import PLACES, Subject, observe
from .seen import Seen

Floats = NDArray[np.float64]
_POINTS = 1500
"""Points of a crown that are compared."""
_KEEP = 0.95
"""Share of the nearest pairs that lay one form on the other."""
_LABIAL = 0.2
"""Least part of a surface's direction that points buccal: the backs are not seen, and are scanned unequally far."""


def symmetry(subject: Subject) -> Iterator[Observation]:
    """Compare namesakes: the mirror image's distance where it stands, after laying it on, and widths."""
    for position, place in PLACES.items():
        pair = subject.pair(position)
        if pair is None:
            continue
        right, left = pair
        mirrored = _mirrored(subject, right)
        target = Surface(left.visible)
        distance = target.nearest(mirrored).distance_mm
        worst = mirrored[int(np.argmax(distance))]
        onto, _ = icp(mirrored, target, iterations=20, keep=_KEEP)
        laid = target.nearest(mirrored @ onto[:3, :3].T + onto[:3, 3])
        numbers, at = (right.fdi, left.fdi), left.tip_mm
        yield observe(
            "mirror_place",
            f"{place}s, one mirrored on the other: place",
            _rms(distance),
            "mm",
            teeth=numbers,
            at=worst,
            note="root mean square of the labial surface over the arch's midline",
        )
        yield observe(
            "mirror_form",
            f"{place}s, one mirrored on the other: form",
            _rms(laid.distance_mm),
            "mm",
            teeth=numbers,
            at=at,
            note="root mean square of the labial surface after laying one on the other",
        )
        wider = width_mm(left) - width_mm(right)
        yield observe(
            "width_asymmetry",
            f"difference in width between the {place}s",
            wider,
            "mm",
            teeth=numbers,
            at=(left if wider > 0 else right).tip_mm,
            note="positive: the left is wider",
        )


def _mirrored(subject: Subject, tooth: Seen) -> Points:
    mesh = tooth.visible
    labial = mesh.vertices[mesh.vertex_normals @ tooth.view.axes[1] > _LABIAL]
    labial = labial if len(labial) > 20 else mesh.vertices
    local = subject.frame.local(labial[:: max(1, len(labial) // _POINTS)]) * (-1.0, 1.0, 1.0)
    return np.asarray(local @ subject.frame.rows + subject.frame.origin_mm)


def _rms(distance: Floats) -> float:
    return float(np.sqrt((distance**2).mean()))
