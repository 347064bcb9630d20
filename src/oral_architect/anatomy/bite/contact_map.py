"""Where two arches in bite touch: the distance of every vertex to the other arch, and contacts tooth by tooth."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from oral_architect.case import vector
from oral_architect.geometry import Mesh, Points
from oral_architect.geometry.closest import Surface

from ..document import Contact

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Labels = NDArray[np.integer[Any]]

FAR_MM = 10.0
"""Distances are followed no further than this."""
_OPEN_BORDER_MM = 2.0
"""A vertex cannot be this deep inside an open scan: there it is the scan's missing back that is near."""


def occlusal_distance(mesh: Mesh, other: Mesh) -> NDArray[np.float32]:
    """Return the signed distance of each vertex to the other arch.

    Parameters
    ----------
    mesh, other
        Both in bite, in one frame, mm.

    Returns
    -------
    (n,) float32, mm
        Negative inside the other arch, :data:`FAR_MM` where nothing is nearer than that.
    """
    result = np.full(len(mesh.vertices), FAR_MM)
    low, high = other.vertices.min(axis=0) - FAR_MM, other.vertices.max(axis=0) + FAR_MM
    asked = np.flatnonzero(((mesh.vertices >= low) & (mesh.vertices <= high)).all(axis=1))
    if len(asked):
        result[asked] = facing_distance(mesh.vertices[asked], mesh.vertex_normals[asked], other, Surface(other))[0]
    return np.asarray(np.clip(result, -FAR_MM, FAR_MM), dtype=np.float32)


def facing_distance(points: Points, normals: Points, other: Mesh, surface: Surface) -> tuple[Floats, Ints]:
    """Return the signed distance ``(n,) mm`` of points with normals to another arch, negative inside, and its faces.

    Only surfaces that face each other can be inside one another; elsewhere the distance is positive.
    """
    near = surface.nearest(points)
    facing = (normals * other.face_normals[near.faces]).sum(axis=1) < 0
    signed = surface.signed(points, near)
    wrong = (signed < 0) & (~facing | (signed < -_OPEN_BORDER_MM))
    return np.where(wrong, near.distance_mm, signed), near.faces


def contacts_of(
    lower: Mesh, lower_labels: Labels, upper: Mesh, upper_labels: Labels, contact_mm: float
) -> tuple[Contact, ...]:
    """Gather what touches into one contact for each pair of teeth.

    Parameters
    ----------
    lower, upper
        Both in bite, in one frame, mm.
    lower_labels, upper_labels
        ``(n,) int``: FDI per vertex, 0 gingiva.
    contact_mm
        Surfaces nearer than this touch.

    Returns
    -------
    tuple of Contact
        By upper, then lower tooth; ``at_mm`` is the closest place, ``area_mm2`` the lower tooth's surface that touches.
    """
    faces = np.flatnonzero((np.sort(lower_labels[lower.faces], axis=1)[:, 1] > 0) & (lower.face_normals[:, 2] > 0))
    middle = lower.vertices[lower.faces[faces]].sum(axis=1) / 3
    surface = Surface(upper)
    near = surface.nearest(middle)
    distance = surface.signed(middle, near)
    upper_tooth = np.sort(upper_labels[upper.faces], axis=1)[:, 1][near.faces]
    lower_tooth = np.sort(lower_labels[lower.faces], axis=1)[:, 1][faces]
    touching = np.flatnonzero((upper_tooth > 0) & (distance < contact_mm) & (distance > -_OPEN_BORDER_MM))
    result = []
    pairs = sorted({(int(upper_tooth[i]), int(lower_tooth[i])) for i in touching})
    for above, below in pairs:
        own = touching[(upper_tooth[touching] == above) & (lower_tooth[touching] == below)]
        deepest = own[np.argmin(distance[own])]
        result.append(
            Contact(
                upper=above,
                lower=below,
                at_mm=vector(middle[deepest]),
                distance_mm=float(distance[deepest]),
                area_mm2=float(lower.face_areas[faces[own]].sum()),
            )
        )
    return tuple(result)
