"""Neighbours and antagonist: the new surface touches the one, clears the other, by bending before anything is cut."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from oral_architect.anatomy.document import Landscape
from oral_architect.geometry import Mask, Mesh, Points, concatenate
from oral_architect.geometry.closest import Nearest, Surface
from oral_architect.reference import Row, find
from oral_architect.teeth.fdi import jaw_of

from .form import Form

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

Floats = NDArray[np.float64]

NEAR_MM = 12.0
"""Teeth of the other jaw whose centres are nearer than this sideways can meet the tooth."""
RIM_MM = 0.3
"""A surface is not believed this near its open edge."""


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
        near = self.surface.nearest(points)
        gap = self.surface.signed(points, near)
        gap[self.unsure(near, reach_mm)] = np.inf
        return gap

    def unsure(self, near: Nearest, reach_mm: float) -> Mask:
        """Which of the nearest points found are too far, or lie at the surface's open edge, ``(n,) bool``."""
        far = near.distance_mm > reach_mm
        asked = np.flatnonzero(~far)
        if len(self.rim) and len(asked):
            far[asked] = self.rim_tree.query(near.points[asked], distance_upper_bound=RIM_MM)[0] < RIM_MM
        return far

    @cached_property
    def box_mm(self) -> tuple[Floats, Floats]:
        """Least and greatest coordinates, ``(3,)`` each."""
        vertices = self.surface.mesh.vertices
        return vertices.min(axis=0), vertices.max(axis=0)

    @cached_property
    def rim_tree(self) -> cKDTree:
        """The open edge, prepared for questions."""
        from scipy.spatial import cKDTree

        return cKDTree(self.rim)


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
    """Bend a form so that it touches its neighbours as designed and clears its antagonist, all at once.

    Only the new surface moves. Overlaps beyond the designed one are bent away; where the new surface was meant to
    touch a neighbour and stands off by no more than ``reach_mm``, it is drawn out until it touches. Where bending does
    not do, the rest is cut.

    Returns
    -------
    Form, list of sentences
        The bent form, and what was done.
    """
    from .function.cutting import cut
    from .function.facing import Facing
    from .function.meet import Duty, Goal, meet

    proximal_mm = proximal_row().need("value") / 1000
    duties = []
    for neighbour in neighbours:
        least = _least_new(form, neighbour)
        wanted = least <= reach_mm and not (least > -proximal_mm and _old_surface_touches(form, neighbour, proximal_mm))
        goals = (Goal(str(neighbour.fdi), proximal_mm),) if wanted else ()
        duties.append(Duty(Facing(str(neighbour.fdi), neighbour), goals, -proximal_mm))
    if antagonist is not None:
        duties.append(Duty(Facing("antagonist", antagonist), (), -occlusal_row().need("value") / 1000))
    met = meet(form, duties)
    moved, cut_mm = cut(met.form, [(d.facing, d.least_mm) for d in duties])
    if np.array_equal(moved.mesh.vertices, form.mesh.vertices):
        return form, []
    return moved, _said(form, moved, neighbours, antagonist, cut_mm)


def _said(
    before: Form, after: Form, neighbours: list[Opposite], antagonist: Opposite | None, cut_mm: float
) -> list[str]:
    """Say what was done to the contacts."""
    notes = []
    for neighbour in neighbours:
        least = _least_new(before, neighbour)
        closer_mm = least - _least_new(after, neighbour) if np.isfinite(least) else 0.0
        if abs(closer_mm) > 0.005:
            verb = "drawn out" if closer_mm > 0 else "bent in"
            notes.append(f"Contact with {neighbour.fdi}: the new surface was {verb} by {abs(closer_mm):.2f} mm.")
    if antagonist is not None:
        least = _least_new(before, antagonist)
        lower_mm = _least_new(after, antagonist) - least if np.isfinite(least) else 0.0
        if lower_mm > 0.005:
            notes.append(f"The new surface was lowered by up to {lower_mm:.2f} mm to clear the antagonist.")
    if cut_mm > 0.005:
        notes.append(f"Bending did not do everywhere; up to {cut_mm:.2f} mm was cut.")
    return notes


def _least_new(form: Form, other: Opposite) -> float:
    """Least gap of the wholly new surface, mm; infinite where it meets nothing."""
    return float(np.where(form.new > 0.9, other.gap_mm(form.mesh.vertices), np.inf).min())


def _old_surface_touches(form: Form, neighbour: Opposite, overlap_mm: float) -> bool:
    """Whether sound surface already makes the contact: then none is built beside it."""
    old = form.new < 0.05
    gap = neighbour.gap_mm(form.mesh.vertices[old])
    return bool(len(gap) and gap.min() < max(overlap_mm, 0.05) + 0.06)


def new_points(form: Form) -> Mask:
    """Vertices that are wholly new surface, ``(n,) bool``."""
    return np.asarray(form.new > 0.9)
