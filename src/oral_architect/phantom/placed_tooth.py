"""A tooth where it stands in a drawn arch, and the arch of such teeth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry import Mesh
from oral_architect.geometry.neighbours import k_nearest
from oral_architect.teeth.fdi import Jaw
from oral_architect.teeth.shape_model import CrownModel


@dataclass(frozen=True, eq=False)
class PlacedTooth:
    """A crown in the arch (LPS, mm)."""

    fdi: int
    pose: NDArray[np.float64]
    """``(4, 4)``, tooth frame (mm, already at its own size) to LPS."""
    local: Mesh
    """Closed crown in the tooth frame."""
    coefficients: NDArray[np.float64]
    size: float
    stretch: float
    """Length of the clinical crown against the model's, towards the root."""
    model: CrownModel
    sunk_mm: float = 0.0
    """How much of the crown is still under the gingiva, beyond what is of a tooth that is through."""
    in_row: bool = True
    """``False`` for a tooth beside, behind or between those of the row."""

    @property
    def mesh(self) -> Mesh:
        """Closed crown in LPS."""
        return self.local.transformed(self.pose)

    @property
    def margin_mm(self) -> NDArray[np.float64]:
        """``(m, 3) float, mm``: the crown's own gingival border in LPS."""
        points = self.local.vertices[self.model.margin]
        return np.asarray(points @ self.pose[:3, :3].T + self.pose[:3, 3])


@dataclass(frozen=True, eq=False)
class DrawnArch:
    """The teeth of one jaw, present and absent, from the patient's right to left.

    A tooth outside the row follows its neighbour.
    """

    jaw: Jaw
    present: tuple[PlacedTooth, ...]
    absent: tuple[PlacedTooth, ...]
    closed: frozenset[int] = frozenset()
    """Absent teeth whose gaps have closed."""


def gap_mm(a: PlacedTooth, b: PlacedTooth) -> float:
    """Least distance between two crowns, mm, negative where they overlap."""
    first, second = a.mesh, b.mesh
    found, nearest = k_nearest(first.vertices, second.vertices, 1, within_mm=8.0)
    distance, index = found[:, 0], nearest[:, 0]
    near = np.flatnonzero(distance < distance.min() + 0.4)
    if not np.isfinite(distance.min()):
        return 8.0
    towards = second.vertices[near] - first.vertices[index[near]]
    return float((towards * first.vertex_normals[index[near]]).sum(1).min())
