"""Neighbours and antagonist: the new surface touches the one, clears the other, by bending before anything is cut."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oral_architect.anatomy.document import Landscape
from oral_architect.geometry import Mask, Mesh, Points, concatenate
from oral_architect.geometry.closest import Surface
from oral_architect.reference import Row, find
from oral_architect.teeth.fdi import jaw_of

from .form import Form

Floats = NDArray[np.float64]

NEAR_MM = 12.0
"""Teeth of the other jaw whose centres are nearer than this sideways can meet the tooth."""
BEND_MM = 1.5
"""Radius (standard deviation) over which a displacement dies away."""
ROUNDS = 25
"""Most displacements made one after the other."""


def proximal_row() -> Row:
    """Designed overlap with a neighbour, µm."""
    return find("clinical_limits", group="contacts", quantity="proximal_design_offset_um")


def occlusal_row() -> Row:
    """Designed overlap with the antagonist, µm."""
    return find("clinical_limits", group="contacts", quantity="occlusal_design_offset_um")


def strength_row() -> Row:
    """Range of contact strengths a designer may set, µm: how far a form is bent to make a contact."""
    return find("clinical_limits", group="contacts", quantity="contact_strength_setting_um")


def reach_row() -> Row:
    """Distance to a neighbour beyond which no contact is built, mm."""
    return find("clinical_limits", group="contacts", quantity="neighbour_distance_no_contact_built_mm")


@dataclass(frozen=True, eq=False)
class Opposite:
    """A surface the tooth may meet, and where it is trustworthy."""

    fdi: int
    surface: Surface
    rim: Points
    """Points of its open edge, mm; nothing near them is believed."""

    def gap_mm(self, points: Points, reach_mm: float = 2.0) -> Floats:
        """Signed gap of each of ``(n, 3)`` points, mm: negative in an overlap; ``inf`` beyond reach or at its edge."""
        from scipy.spatial import cKDTree

        near = self.surface.nearest(points)
        gap = self.surface.signed(points, near)
        far = near.distance_mm > reach_mm
        if len(self.rim):
            to_rim, _ = cKDTree(self.rim).query(near.points)
            far |= to_rim < 0.3
        gap[far] = np.inf
        return gap


def neighbours_of(landscape: Landscape, fdi: int) -> list[Opposite]:
    """Crowns standing next to a tooth in its own arch: the nearest on either side."""
    tooth = landscape.tooth(fdi)
    mesial, centre = np.asarray(tooth.axes[0]), np.asarray(tooth.centroid_mm)
    sides: dict[bool, tuple[float, int]] = {}
    for other in landscape.teeth:
        if other.fdi == fdi or jaw_of(other.fdi) != jaw_of(fdi) or f"crown_{other.fdi}" not in landscape.shapes:
            continue
        step = np.asarray(other.centroid_mm) - centre
        away = float(np.linalg.norm(step))
        side = bool(step @ mesial > 0)
        if away < NEAR_MM + 4 and abs(step @ mesial) > 0.4 * away and away < sides.get(side, (np.inf, 0))[0]:
            sides[side] = (away, other.fdi)
    return [opposite(other, landscape.crown(other)) for _, other in sorted(sides.values(), key=lambda s: s[1])]


def antagonist_of(landscape: Landscape, fdi: int) -> Opposite | None:
    """All crowns of the other jaw within reach as one surface; ``None`` without a bite or without such crowns."""
    if landscape.bite is None:
        return None
    centre = np.asarray(landscape.tooth(fdi).centroid_mm)
    meshes = []
    for other in landscape.teeth:
        if jaw_of(other.fdi) != jaw_of(fdi) and f"crown_{other.fdi}" in landscape.shapes:
            step = np.asarray(other.centroid_mm) - centre
            if float(np.linalg.norm(step[:2])) < NEAR_MM:
                meshes.append(landscape.crown(other.fdi))
    return opposite(0, concatenate(meshes)) if meshes else None


def opposite(fdi: int, mesh: Mesh) -> Opposite:
    """Prepare a scanned surface for gap questions."""
    edges, counts = mesh.edge_table
    return Opposite(fdi, Surface(mesh), mesh.vertices[edges[counts == 1].ravel()])


def adapt(
    form: Form, neighbours: list[Opposite], antagonist: Opposite | None, reach_mm: float
) -> tuple[Form, list[str]]:
    """Bend a form so that it touches its neighbours as designed and clears its antagonist.

    Only the new surface moves. Overlaps beyond the designed one are bent away; where the new surface was meant to
    touch a neighbour and stands off by no more than ``reach_mm``, it is drawn out until it touches.

    Returns
    -------
    Form, list of sentences
        The bent form, and what was done.
    """
    notes: list[str] = []
    moved = form
    proximal_mm = proximal_row().need("value") / 1000
    for neighbour in neighbours:
        moved, done_mm = _meet(moved, neighbour, proximal_mm, reach_mm)
        if abs(done_mm) > 0.005:
            verb = "drawn out" if done_mm > 0 else "bent in"
            notes.append(f"Contact with {neighbour.fdi}: the new surface was {verb} by {abs(done_mm):.2f} mm.")
    if antagonist is not None:
        moved, done_mm = _clear(moved, antagonist, occlusal_row().need("value") / 1000)
        if done_mm > 0.005:
            notes.append(f"The new surface was lowered by up to {done_mm:.2f} mm to clear the antagonist.")
    return moved, notes


def _meet(form: Form, neighbour: Opposite, overlap_mm: float, reach_mm: float) -> tuple[Form, float]:
    """Bring the least gap to a neighbour to ``-overlap_mm`` where the new surface faces it."""
    gap = np.where(form.new > 0.9, neighbour.gap_mm(form.mesh.vertices), np.inf)
    least = float(gap.min())
    if not np.isfinite(least) or least > reach_mm:
        return form, 0.0
    if least < -overlap_mm:
        return _clear(form, neighbour, overlap_mm, sign=-1.0)
    if _old_surface_touches(form, neighbour, overlap_mm):
        return form, 0.0
    total = 0.0
    for _ in range(6):
        gap = np.where(form.new > 0.9, neighbour.gap_mm(form.mesh.vertices), np.inf)
        worst = int(np.argmin(gap))
        want = float(gap[worst]) + overlap_mm
        if abs(want) < 0.002:
            break
        toward = _toward(neighbour, form.mesh.vertices[worst], float(gap[worst]), form.mesh.vertex_normals[worst])
        if toward @ form.mesh.vertex_normals[worst] < 0.5:
            break
        form = _bump(form, worst, want * toward)
        total += want
    return form, total


def _old_surface_touches(form: Form, neighbour: Opposite, overlap_mm: float) -> bool:
    """Whether sound surface already makes the contact: then none is built beside it."""
    old = form.new < 0.05
    gap = neighbour.gap_mm(form.mesh.vertices[old])
    return bool(len(gap) and gap.min() < max(overlap_mm, 0.05) + 0.06)


def _clear(form: Form, other: Opposite, overlap_mm: float, sign: float = 1.0) -> tuple[Form, float]:
    """Bend the new surface inward until it overlaps the other by no more than allowed; then cut what is left."""
    start = form.mesh.vertices
    for _ in range(ROUNDS):
        gap = np.where(form.new > 0, other.gap_mm(form.mesh.vertices), np.inf)
        worst = int(np.argmin(gap))
        excess = -overlap_mm - float(gap[worst])
        if excess < 0.002:
            break
        away = -_toward(other, form.mesh.vertices[worst], float(gap[worst]), form.mesh.vertex_normals[worst])
        form = _bump(form, worst, 1.02 * excess * away)
    gap = np.where(form.new > 0, other.gap_mm(form.mesh.vertices), np.inf)
    over = np.maximum(-overlap_mm - gap, 0.0)
    if over.max(initial=0.0) > 0:
        near = other.surface.nearest(form.mesh.vertices)
        outward = other.surface.pseudo_normals(near)
        outward /= np.maximum(np.linalg.norm(outward, axis=1, keepdims=True), 1e-9)
        form = Form(Mesh(form.mesh.vertices + over[:, None] * outward, form.mesh.faces), form.new)
    return form, sign * float(np.linalg.norm(form.mesh.vertices - start, axis=1).max(initial=0.0))


def _toward(other: Opposite, point: Floats, gap_mm: float, fallback: Floats) -> Floats:
    """Unit direction from a point in which its gap to a surface shrinks."""
    near = other.surface.nearest(point[None]).points[0]
    step = (near - point) * (1.0 if gap_mm > 0 else -1.0)
    length = float(np.linalg.norm(step))
    return step / length if length > 1e-6 else fallback


def _bump(form: Form, centre: int, move: Floats) -> Form:
    """Displace the new surface around one vertex, fading with distance and toward sound tooth."""
    away2 = ((form.mesh.vertices - form.mesh.vertices[centre]) ** 2).sum(axis=1)
    share = np.exp(-away2 / (2 * BEND_MM**2)) * np.minimum(form.new / max(float(form.new[centre]), 0.05), 1.0)
    return Form(Mesh(form.mesh.vertices + share[:, None] * move, form.mesh.faces), form.new)


def new_points(form: Form) -> Mask:
    """Vertices that are wholly new surface, ``(n,) bool``."""
    return np.asarray(form.new > 0.9)
