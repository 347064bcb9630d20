"""How much is lost: volume between the crown and its expected form, and greatest depth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry import Mask, Mesh
from oral_architect.geometry.closest import Surface

from .compare import Comparison
from .document import Measure

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Extent:
    """Size of a loss, and which of the expected crown's points belong to what is missing."""

    volume: Measure
    depth: Measure
    missing_points: Mask
    """``(m,) bool`` over the expected crown's vertices."""


def extent(comparison: Comparison, region: Mask, closed: Mask, noise_mm: float) -> Extent:
    """Measure one or several regions of loss.

    The volume is filled with prisms between each surface and its nearest-point image on the other, once from the
    scan outward (right for hollows) and once from the expected crown inward (right for lost cusps); the larger
    is taken, since either misses what its images do not reach.

    Parameters
    ----------
    comparison
        Crown and expected form.
    region
        ``(n,) bool`` over the crown's vertices.
    closed
        ``(m,) bool``: expected points that stand for no tooth surface.
    noise_mm
        Spread of differences on sound surface.
    """
    c = comparison
    outward = Surface(c.expected).nearest(c.crown.vertices)
    faces = np.asarray(region[c.crown.faces].any(axis=1))
    from_scan = _between(c.crown, faces, outward.points)
    inward = Surface(c.crown).nearest(c.expected.vertices)
    normals = c.expected.vertex_normals
    inside = ((c.expected.vertices - inward.points) * normals).sum(axis=1) > 0
    missing = np.asarray(region[c.crown.faces[inward.faces]].any(axis=1) & inside & ~closed)
    lost = np.asarray(missing[c.expected.faces].any(axis=1))
    from_model = -_between(c.expected, lost, inward.points)
    depth_mm = max(float(c.loss_mm[region].max(initial=0.0)), float(inward.distance_mm[missing].max(initial=0.0)))
    sd = float(np.average(c.sd_mm[region], weights=c.area_mm2[region] + 1e-12)) if region.any() else 0.0
    area = max(float(c.crown.face_areas[faces].sum()), float(c.expected.face_areas[lost].sum()))
    return Extent(
        Measure(value=max(from_scan, from_model, 0.0), sd=float(np.hypot(sd, 0.3 * noise_mm)) * area, unit="mm3"),
        Measure(value=depth_mm, sd=float(np.hypot(sd, noise_mm)), unit="mm"),
        missing,
    )


def prisms_mm3(sheet: Mesh, images: Floats) -> float:
    """Volume swept from a sheet to the images of its vertices ``(n, 3) mm``, positive along its normals.

    Exact for straight sweeps: the swept area vector is quadratic in time, so Simpson's rule integrates it.
    """
    half = Mesh((sheet.vertices + images) / 2, sheet.faces).face_crosses
    end = Mesh(images, sheet.faces).face_crosses
    swept = (sheet.face_crosses + 4 * half + end) / 12
    move = (images - sheet.vertices)[sheet.faces].mean(axis=1)
    return float((swept * move).sum())


def _between(mesh: Mesh, faces: Mask, images: Floats) -> float:
    """Volume from some faces of a mesh to the images of its vertices, mm³."""
    if not faces.any():
        return 0.0
    part, used = mesh.part(faces)
    return prisms_mm3(part, images[used])
