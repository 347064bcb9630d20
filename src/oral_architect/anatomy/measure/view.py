"""One crown seen in its own tooth frame: mesial, buccal and occlusal are its x, y and z."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry import Mesh, Points
from oral_architect.teeth import fdi as numbers

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CrownView:
    """A scanned crown with what is known of it, patient frame, mm."""

    fdi: int
    crown: Mesh
    """Its scanned surface, open."""
    margin_mm: Points
    """``(k, 3)``: its closed gingival margin."""
    origin_mm: Floats
    axes: Floats
    """``(3, 3)``: unit rows mesial, buccal, occlusal."""
    fitted_mm: Points | None
    """``(1500, 3)``: the whole crown the shape model sees in it; ``None`` for teeth without a model."""

    @cached_property
    def mesh(self) -> Mesh:
        """The scanned crown in the tooth frame."""
        into = np.eye(4)
        into[:3, :3] = self.axes
        into[:3, 3] = -self.axes @ self.origin_mm
        return self.crown.transformed(into)

    @cached_property
    def margin(self) -> Points:
        """The margin in the tooth frame."""
        return self.local(self.margin_mm)

    @cached_property
    def fitted(self) -> Points | None:
        """The fitted crown in the tooth frame."""
        return None if self.fitted_mm is None else self.local(self.fitted_mm)

    def local(self, points: Points) -> Points:
        """Patient frame to tooth frame, ``(…, 3) mm``."""
        return np.asarray((points - self.origin_mm) @ self.axes.T)

    def world(self, points: Points) -> Points:
        """Tooth frame to patient frame, ``(…, 3) mm``."""
        return np.asarray(points @ self.axes + self.origin_mm)

    @property
    def is_anterior(self) -> bool:
        """Whether it has an incisal edge: incisors and canines, deciduous too."""
        return numbers.position(self.fdi) <= 3
