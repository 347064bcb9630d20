"""A restoration as a machine sees it: on its platform, z up, its corner at the origin, with its way back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oral_architect.case import Record
from oral_architect.errors import StageError
from oral_architect.geometry import Mesh, Transform
from oral_architect.geometry.solids import solid_of

Ring = NDArray[np.float64]
"""``(n, 2) float, mm``, closed without the repeated first point; material lies to the left."""


@dataclass(frozen=True)
class Part:
    """One body in the machine's frame.

    Parameters
    ----------
    mesh
        mm, lowest corner at the origin.
    from_patient
        Patient frame to the machine's.
    """

    name: str
    mesh: Mesh
    from_patient: Transform

    @property
    def size_mm(self) -> NDArray[np.float64]:
        """Lengths along x, y and z."""
        return np.asarray(self.mesh.vertices.max(axis=0))


@dataclass(frozen=True)
class Slice:
    """The part between two heights."""

    bottom_mm: float
    top_mm: float
    rings: tuple[Ring, ...]
    """The outline half way between them."""

    @property
    def area_mm2(self) -> float:
        """Area inside the outline."""
        return sum(ring_area(ring) for ring in self.rings)


class Overhang(Record):
    """Where a part needs support."""

    area_mm2: float
    share: float
    """Of the whole surface."""
    steepest_deg: float
    """Lowest angle of an unsupported face to the platform."""


def on_platform(name: str, body: Mesh, up: NDArray[np.float64]) -> Part:
    """Turn a body so that a direction of the patient frame points up, and set it into the machine's corner.

    Raises
    ------
    StageError
        When the direction has no length.
    """
    length = float(np.linalg.norm(up))
    if not length > 0:
        raise StageError("there is no direction to build along", where=name, todo="Give an insertion axis.")
    z = up / length
    x = np.cross(np.eye(3)[int(np.abs(z).argmin())], z)
    x /= np.linalg.norm(x)
    move = np.eye(4)
    move[:3, :3] = np.stack([x, np.cross(z, x), z])
    move[:3, 3] = -(body.vertices @ move[:3, :3].T).min(axis=0)
    return Part(name, body.transformed(move), move)


def sliced(part: Part, thickness_mm: float) -> tuple[Slice, ...]:
    """Cut a part into slices of one thickness, the last one as thick as what is left.

    Raises
    ------
    StageError
        When the part is not a closed body.
    """
    solid = solid_of(part.mesh)
    if str(solid.status()) not in ("Error.NoError", "NoError") or solid.is_empty():
        raise StageError("it is no closed body and has no inside", where=part.name, todo="Repair its surface.")
    height = float(part.size_mm[2])
    count = max(1, int(np.ceil(height / thickness_mm - 1e-9)))
    slices = []
    for k in range(count):
        bottom, top = k * thickness_mm, min((k + 1) * thickness_mm, height)
        rings = solid.slice((bottom + top) / 2).to_polygons()
        slices.append(Slice(bottom, top, tuple(np.asarray(ring, dtype=np.float64) for ring in rings)))
    return tuple(slices)


def ring_area(ring: Ring) -> float:
    """Return the area of a ring, mm²; negative for a hole."""
    following = np.roll(ring, -1, axis=0)
    return float((ring[:, 0] * following[:, 1] - following[:, 0] * ring[:, 1]).sum() / 2)


def overhang(part: Part, self_supporting_deg: float) -> Overhang:
    """Measure the faces that hang over less steeply than they carry themselves.

    Parameters
    ----------
    self_supporting_deg
        Angle to the platform from which on a downward face needs no support.
    """
    corners = part.mesh.vertices[part.mesh.faces]
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    twice = np.linalg.norm(cross, axis=1)
    kept = twice > 0
    down = -cross[kept, 2] / twice[kept]
    area = twice[kept] / 2
    angle = np.degrees(np.arccos(np.clip(down, -1.0, 1.0)))
    hanging = angle < self_supporting_deg
    return Overhang(
        area_mm2=float(area[hanging].sum()),
        share=float(area[hanging].sum() / area.sum()),
        steepest_deg=float(angle.min()),
    )
