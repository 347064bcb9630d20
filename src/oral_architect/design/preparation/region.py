"""The part of a scan around one tooth, its small holes closed, prepared for cuts and nearest points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oral_architect.anatomy.crowns.crown import border_loops, loop_length_mm
from oral_architect.errors import StageError
from oral_architect.geometry import Mask, Mesh
from oral_architect.geometry.closest import Surface
from oral_architect.geometry.neighbours import k_nearest

from .sections import Sheet

_REACH_MM = 3.0
"""How far around the crown the scan is kept."""
_SAME_MM = 1e-5
"""Vertices this near are the same."""


@dataclass(frozen=True, eq=False)
class Region:
    """A tooth and what touches it.

    Parameters
    ----------
    mesh
        The scan within a few millimetres of the crown, mm; faces beyond ``scanned_faces`` bridge holes.
    scanned_faces
        How many of its faces are the scan's own.
    in_crown
        ``(faces,) bool``: whether a face belongs to the crown as it was cut out.
    up
        ``(3,)``: the tooth's occlusal direction.
    sheet, surface
        The same mesh prepared for cuts and for nearest points.
    """

    mesh: Mesh
    scanned_faces: int
    in_crown: Mask
    up: NDArray[np.float64]
    sheet: Sheet
    surface: Surface


def region_around(scan: Mesh, crown: Mesh, up: NDArray[np.float64], hole_mm: float) -> Region:
    """Cut the surroundings of a crown out of its scan and close holes whose rim is not longer than ``hole_mm``.

    Raises
    ------
    StageError
        When the crown has no faces or does not lie on the scan.
    """
    if len(crown.faces) < 20:
        raise StageError(
            "the tooth has hardly any surface", where="design: preparation", todo="Check its label, or scan it again."
        )
    found, _ = k_nearest(crown.vertices, scan.vertices, 1, within_mm=_REACH_MM)
    distance = found[:, 0]
    near = np.asarray(np.isfinite(distance))
    part, ids = scan.part(np.asarray(near[scan.faces].all(axis=1)))
    own = distance[ids] < _SAME_MM
    if own.sum() < 0.5 * len(crown.vertices):
        raise StageError(
            "the crown does not lie on the scan it is said to come from",
            where="design: preparation",
            todo="Give the crown and the scan in the same frame.",
        )
    scanned = len(part.faces)
    in_crown = own[part.faces].all(axis=1)
    whole = _without_holes(scan, part, ids, hole_mm)
    in_crown = np.concatenate([in_crown, np.zeros(len(whole.faces) - scanned, dtype=bool)])
    return Region(whole, scanned, in_crown, up, Sheet(whole), Surface(whole))


def _without_holes(scan: Mesh, part: Mesh, ids: NDArray[np.int64], longest_mm: float) -> Mesh:
    """Close by a fan of faces every short rim of the part that is also a rim of the scan."""
    at_rim = np.zeros(len(scan.vertices), dtype=bool)
    at_rim[scan.open_edges.ravel()] = True
    vertices, faces = [part.vertices], [part.faces]
    count = len(part.vertices)
    for loop in border_loops(part):
        rim = part.vertices[loop]
        if len(loop) < 3 or loop_length_mm(rim) > longest_mm or not at_rim[ids[loop]].all():
            continue
        vertices.append(rim.mean(axis=0)[None])
        after = np.roll(loop, -1)
        faces.append(np.stack([after, loop, np.full(len(loop), count)], axis=1).astype(np.int32))
        count += 1
    return Mesh(np.concatenate(vertices), np.concatenate(faces))
