"""The occlusal plane of an arch and the midline of its own symmetry."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oral_architect.teeth.fdi import Jaw

from .marks import Marks, centrals, side_teeth

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ArchFrame:
    """Directions of one arch, patient frame."""

    jaw: Jaw
    origin_mm: Floats
    """Half-way between the incisal midpoints of the central incisors."""
    rows: Floats
    """``(3, 3)`` unit rows: the patient's left, posterior along the midline, superior along the plane's normal."""
    median_mm: float
    """Where the midline passes the origin, toward the patient's left."""

    def flat(self, points: Floats) -> Floats:
        """Patient frame to left, posterior, superior, mm."""
        return np.asarray((points - self.origin_mm) @ self.rows.T)


def arch_frame(marks: Marks, jaw: Jaw) -> ArchFrame | None:
    """Lay the occlusal plane and the midline.

    The plane passes through the incisal edges of the central incisors and the mesiobuccal cusps of the first molars
    (second molars or second premolars where a first molar is missing), as is customary on models. The midline is the
    straight line nearest to the middles between right and left canines, premolars and molars.

    Returns
    -------
    ArchFrame or None
        ``None`` without central incisors or without a posterior tooth on either side.
    """
    fronts = [p for t in centrals(jaw) if (p := marks.edge(t)) is not None]
    backs = [_first(marks, side_teeth(jaw, left=left)) for left in (False, True)]
    if not fronts or backs[0] is None or backs[1] is None:
        return None
    origin = np.mean(fronts, axis=0)
    right, left = (np.asarray(b) for b in backs)
    up = np.cross(left - origin, right - origin)
    up = up * np.sign(up[2]) / max(float(np.linalg.norm(up)), 1e-12)
    across = left - right
    across = across - (across @ up) * up
    across /= max(float(np.linalg.norm(across)), 1e-12)
    rows = np.stack([across, np.cross(up, across), up])
    middles = _pair_middles(marks, jaw, origin, rows)
    if len(middles) < 2:
        return ArchFrame(jaw, origin, rows, float(middles[0, 0]) if len(middles) else 0.0)
    slope, start = np.polyfit(middles[:, 1], middles[:, 0], 1)
    turn = np.arctan(slope)
    c, s = np.cos(turn), np.sin(turn)
    turned = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]]) @ rows
    return ArchFrame(jaw, origin, turned, float(start * c))


def _first(marks: Marks, teeth: list[int]) -> Floats | None:
    by_position = {t % 10: t for t in teeth}
    for position in (6, 7, 5):
        point = marks.edge(by_position[position])
        if point is not None:
            return point
    return None


def _pair_middles(marks: Marks, jaw: Jaw, origin: Floats, rows: Floats) -> Floats:
    """Middles between namesakes, ``(k, 2) mm``: left, posterior."""
    found = []
    pairs = zip(side_teeth(jaw, left=False), side_teeth(jaw, left=True), strict=True)
    for right, left in list(pairs)[2:]:
        a, b = marks.edge(right), marks.edge(left)
        if a is not None and b is not None:
            found.append(((a + b) / 2 - origin) @ rows.T)
    return np.array(found).reshape(-1, 3)[:, :2]
