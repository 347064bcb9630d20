"""The room a preparation leaves for a restoration, against what a material needs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry import Mesh
from oral_architect.geometry.closest import Surface
from oral_architect.geometry.rays import Target
from oral_architect.reference import table

from .document import Preparation

Floats = NDArray[np.float64]

_OCCLUSAL_DEG = 45.0
"""Surface that faces within this angle of the axis is occlusal, the rest axial."""
_MARGIN_MM = 0.5
"""Width of the strip beside the finish line that is not judged as wall: the material runs out there."""
_NEAR_MM = 8.0
_DEEPEST_MM = 3.0
"""A die cannot stand deeper in its antagonist than this; farther faces belong to its other side."""


@dataclass(frozen=True)
class Room:
    """Least room over one region of a die.

    Parameters
    ----------
    region
        ``occlusal`` or ``axial``.
    least_mm
        Least distance to what limits the restoration.
    at
        ``(3,) mm``: the place on the die.
    needed_mm
        What the material needs there, ``None`` when no limit is published.
    source, standing
        Of the need.
    """

    region: str
    least_mm: float
    at: tuple[float, float, float]
    needed_mm: float | None = None
    source: str = ""
    standing: str = ""


def clearance(die: Mesh, antagonist: Mesh, axis: Floats) -> tuple[float, NDArray[np.float64]] | None:
    """Return the least distance of a die to its antagonist and the place on the die; negative where they overlap.

    ``None`` when the antagonist is not near.
    """
    facing = np.flatnonzero(die.vertex_normals @ axis > np.cos(np.deg2rad(75.0)))
    if len(facing) == 0:
        return None
    starts = die.vertices[facing]
    distance = Surface(antagonist).nearest(starts).distance_mm.copy()
    up, face = Target(antagonist).first_hit(starts, np.broadcast_to(axis, starts.shape))
    # the first face above is seen from behind: the die stands in the antagonist
    within = (face >= 0) & (up < _DEEPEST_MM) & (antagonist.face_normals[face] @ axis > 0)
    distance = np.where(within, -np.minimum(distance, up), distance)
    k = int(distance.argmin())
    if distance[k] > _NEAR_MM:
        return None
    return float(distance[k]), starts[k]


def room_under(preparation: Preparation, outer: Mesh, *, material: str = "", restoration: str = "") -> tuple[Room, ...]:
    """Measure the room between a die and an outer form, and look up what a material needs.

    Parameters
    ----------
    preparation
        The die and its axis.
    outer
        Expected outer form, closed or open toward the root, faces outward, mm.
    material, restoration
        As in ``reference/thickness_limits.csv``; without them only the room is told.
    """
    die, axis = preparation.die, preparation.axis
    surface = Surface(outer)
    found = surface.nearest(die.vertices)
    depth = -surface.signed(die.vertices, found)
    from_line = Surface(_ribbon(preparation)).nearest(die.vertices).distance_mm
    upright = die.vertex_normals @ axis > np.cos(np.deg2rad(_OCCLUSAL_DEG))
    top = (die.vertices - preparation.finish_line.mean(axis=0)) @ axis > 0.5 * preparation.height_mm
    regions = {"occlusal": upright & top, "axial": ~upright & (from_line > _MARGIN_MM)}
    rooms = []
    for region, mask in regions.items():
        if not mask.any():
            continue
        index = np.flatnonzero(mask)
        k = int(index[depth[index].argmin()])
        at = die.vertices[k]
        needed, source, standing = room_needed(region, material, restoration)
        place = (float(at[0]), float(at[1]), float(at[2]))
        rooms.append(Room(region, float(depth[k]), place, needed, source, standing))
    return tuple(rooms)


def room_needed(region: str, material: str, restoration: str) -> tuple[float | None, str, str]:
    """Least thickness of a material in a region, with source and standing; ``None`` where none is published."""
    for row in table("thickness_limits"):
        names = row.cells["region"]
        if row.cells["material"] != material or row.cells["restoration"] != restoration:
            continue
        if any(word in names for word in ((region, "axial") if region == "axial" else (region, "cusp"))):
            return row.number("min_mm"), row.source, row.standing
    return None, "", ""


def _ribbon(preparation: Preparation) -> Mesh:
    """The finish line as a very narrow band of faces, to measure distances from."""
    line = preparation.finish_line
    n = len(line)
    below = line - 1e-3 * preparation.axis
    here, after = np.arange(n), (np.arange(n) + 1) % n
    faces = np.concatenate(
        [np.stack([here, after, after + n], axis=1), np.stack([here, after + n, here + n], axis=1)]
    ).astype(np.int32)
    return Mesh(np.concatenate([line, below]), faces)
