"""Where a tooth touches, or would touch, its mesial and distal neighbours."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry import Mask, Mesh, Points
from oral_architect.geometry.closest import Surface
from oral_architect.reference import find
from oral_architect.teeth import fdi as numbers
from oral_architect.teeth.shape_model import crown_model

from .cusps import Found
from .view import CrownView

Floats = NDArray[np.float64]

BAND_MM = 0.2
"""The contact area is what lies within this much of the nearest (or most prominent) place; the point is its middle,
each place weighing by how far inside the band it lies."""
_FINE = 4
"""Facets that may hold the contact are seen as this many points to a side."""


def contact_points(views: Mapping[int, CrownView]) -> dict[int, list[Found]]:
    """Find mesial and distal contact points of all teeth of one jaw.

    Contacts are out of sight of a scanner: the whole crowns the shape model sees are compared, which continue the
    scanned surface into the contact. The point is the middle of the area nearest to the neighbour. Where no neighbour
    stands within the distance at which a contact is made, it is the height of contour, the middle of the most
    prominent area.
    """
    limit_mm = find("clinical_limits", quantity="neighbour_distance_no_contact_built_mm").need("value")
    surfaces = {t: Surface(_whole(v)) for t, v in views.items() if v.fitted_mm is not None}
    found: dict[int, list[Found]] = {}
    for fdi in surfaces:
        mesial, distal = numbers.neighbours(fdi)
        found[fdi] = [
            _contact(views[fdi], name, surfaces.get(other) if other is not None else None, sign, limit_mm)
            for name, other, sign in (("mesial", mesial, 1.0), ("distal", distal, -1.0))
        ]
    return found


def _contact(view: CrownView, name: str, neighbour: Surface | None, sign: float, limit_mm: float) -> Found:
    whole = _whole(view)
    reach = sign * view.local(whole.vertices)[:, 0]
    shell = ~crown_model(view.fdi).base
    if neighbour is None:
        why = "height of contour: no neighbour"
    else:
        facing = shell & (reach > 0)
        gap = np.full(len(reach), np.inf)
        gap[facing] = neighbour.signed_distance_mm(whole.vertices[facing])
        nearest = float(gap.min())
        if nearest <= limit_mm:
            points, area = _finely(whole, facing & (gap < nearest + 2 * BAND_MM))
            middle = _middle(points, area, -neighbour.signed_distance_mm(points))
            note = f"gap {nearest:.1f} mm" if nearest > BAND_MM else ""
            return Found("contact_point", name, view.local(middle), note)
        why = f"height of contour: the neighbour is {nearest:.1f} mm away"
    points, area = _finely(whole, shell & (reach > reach[shell].max() - 2 * BAND_MM))
    middle = _middle(points, area, sign * view.local(points)[:, 0])
    return Found("contact_point", name, view.local(middle), why)


def _finely(mesh: Mesh, vertices: Mask) -> tuple[Points, Floats]:
    """Evenly placed points on the facets around the masked vertices, ``(k, 3) mm``, and the area each stands for."""
    faces = vertices[mesh.faces].any(axis=1)
    a, b = np.meshgrid(np.arange(_FINE), np.arange(_FINE), indexing="ij")
    a, b = a[a + b < _FINE], b[a + b < _FINE]
    weights = np.stack([a, b, _FINE - 1 - a - b], axis=1) + 1 / 3
    weights /= weights.sum(axis=1, keepdims=True)
    points = np.einsum("wc,fcd->fwd", weights, mesh.vertices[mesh.faces[faces]])
    return points.reshape(-1, 3), np.repeat(mesh.face_areas[faces] / len(weights), len(weights))


def _middle(points: Points, area: Floats, worth: Floats) -> Floats:
    """Middle of the places whose worth is within the band of the best."""
    share = area * np.clip(worth - (worth.max() - BAND_MM), 0.0, None)
    return np.asarray((points * share[:, None]).sum(axis=0) / max(float(share.sum()), 1e-12))


def _whole(view: CrownView) -> Mesh:
    assert view.fitted_mm is not None
    faces = crown_model(view.fdi).faces
    return Mesh(view.fitted_mm, faces if np.linalg.det(view.axes) > 0 else faces[:, ::-1])
