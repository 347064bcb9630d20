"""The frame a smile is measured in: from the front, level with the back teeth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oral_architect.errors import StageError
from oral_architect.teeth import fdi as numbers

from .seen import Seen

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SmileFrame:
    """Directions of the upper arch, patient frame."""

    origin_mm: Floats
    """``(3,)``: half-way between the incisal midpoints of the central incisors, on the arch's own midline."""
    rows: Floats
    """``(3, 3)`` unit rows: the patient's left, posterior, superior."""

    def local(self, points: Floats) -> Floats:
        """Patient frame to left, posterior, superior, ``(…, 3) mm``."""
        return np.asarray((points - self.origin_mm) @ self.rows.T)

    def front(self, points: Floats) -> Floats:
        """Patient frame to what is seen from the front: left, superior, ``(…, 2) mm``."""
        return self.local(points)[..., [0, 2]]

    @property
    def matrix(self) -> Floats:
        """``(4, 4)``: patient frame to smile frame, mm."""
        matrix = np.eye(4)
        matrix[:3, :3] = self.rows
        matrix[:3, 3] = -self.rows @ self.origin_mm
        return matrix


def smile_frame(teeth: Mapping[int, Seen]) -> SmileFrame:
    """Lay the frame through the upper teeth.

    Left is the mean direction between namesakes behind the canines (canines where there are none behind), so that one
    short or worn front tooth does not level its own slant away. Posterior runs from the incisal midpoints of the
    central incisors to the middle of those back teeth. The midline is the mean of the middles between right and left
    canines, premolars and molars.

    Raises
    ------
    StageError
        Without a front tooth, or without a pair of canines, premolars or molars.
    """
    upper = {f: s for f, s in teeth.items() if numbers.jaw_of(f) == "upper"}
    front = [upper[f].tip_mm for f in (11, 21) if f in upper] or [upper[f].tip_mm for f in (12, 22) if f in upper]
    pairs = {k: (upper[10 + k].tip_mm, upper[20 + k].tip_mm) for k in range(3, 8) if {10 + k, 20 + k} <= set(upper)}
    if not front or not pairs:
        missing = "a front tooth" if not front else "a right and a left canine, premolar or molar of one kind"
        raise StageError(
            f"a smile cannot be measured without {missing} of the upper jaw.",
            where="smile",
            todo="Scan the upper arch from premolar to premolar.",
        )
    behind = {k: p for k, p in pairs.items() if k > 3} or pairs
    left = np.mean([b - a for a, b in behind.values()], axis=0)
    left /= np.linalg.norm(left)
    start = np.mean(front, axis=0)
    back = np.mean([(a + b) / 2 for a, b in behind.values()], axis=0) - start
    superior = np.cross(left, back)
    size = float(np.linalg.norm(superior))
    if size < 1.0:
        raise StageError("the upper teeth lie on one line; no occlusal plane follows from them.", where="smile")
    superior /= size
    middle = float(np.mean([((a + b) / 2 - start) @ left for a, b in pairs.values()]))
    # with a single central incisor its own midpoint is no middle: the arch's midline carries the origin
    return SmileFrame(start + middle * left, np.stack([left, np.cross(superior, left), superior]))
