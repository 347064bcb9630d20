"""How the lower arch lies against the upper: kept when the scans came in bite, found when they did not."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oral_architect.case import matrix4
from oral_architect.errors import StageError
from oral_architect.geometry import Mesh, Points, Transform
from oral_architect.geometry.closest import Surface
from oral_architect.reference import find
from oral_architect.teeth import fdi as numbers

from ..document import Bite, Contact, Rival
from .closing import Closing, Found
from .contact_map import contacts_of, facing_distance
from .occlusal_points import centroids, class_one, face_labels, occlusal_points, top_faces
from .relation import class_words, crossed, front_words, outermost
from .settings import BiteSettings

Floats = NDArray[np.float64]
Labels = NDArray[np.integer[Any]]


def articulate(
    upper: Mesh,
    lower: Mesh,
    upper_labels: Labels,
    lower_labels: Labels,
    *,
    as_given: Transform | None = None,
    settings: BiteSettings | None = None,
) -> Bite:
    """Bring the lower arch into maximum intercuspation with the upper.

    When ``as_given`` already lays opposing teeth of both sides against each other without overlap, it is kept.
    Otherwise the lower arch starts from class I correspondence of the teeth and from places around it; all six
    degrees of freedom are refined from coarse to fine so that as much occlusal surface as possible of both sides
    touches without overlap, and the deepest overlap is then opened along z to ``penetration_mm``.

    Parameters
    ----------
    upper, lower
        The scans, each in its own patient frame (:func:`~oral_architect.anatomy.crowns.frame.patient_frame`), mm.
    upper_labels, lower_labels
        ``(n,) int``: FDI per vertex, 0 gingiva.
    as_given
        ``(4, 4)``: the motion of ``lower`` (its patient frame) that restores how both scans came, relative to
        ``upper``; ``to_patient_upper @ inv(to_patient_lower)``.
    settings
        Method.

    Returns
    -------
    Bite
        ``lower_moved`` takes ``lower`` into the bite. ``residual_mm`` is the mean distance of the lower occlusal
        points that have an upper tooth within 2 mm. ``ambiguous`` says why in ``note``.

    Raises
    ------
    StageError
        When one of the arches has no labelled teeth.
    """
    settings = settings or BiteSettings()
    upper_labels, lower_labels = np.asarray(upper_labels), np.asarray(lower_labels)
    arches = _Arches(upper, lower, upper_labels, lower_labels, settings)
    if as_given is not None and arches.in_bite(as_given):
        return arches.describe(as_given, given=True, reasons=[])
    return arches.search()


def refine(
    upper: Mesh,
    lower: Mesh,
    upper_labels: Labels,
    lower_labels: Labels,
    *,
    rough: Transform,
    settings: BiteSettings | None = None,
) -> Bite:
    """Settle a lower arch that already lies nearly in bite, as after a bite scan, without searching further around.

    Parameters
    ----------
    upper, lower, upper_labels, lower_labels, settings
        As in :func:`articulate`.
    rough
        ``(4, 4)``: the motion of ``lower`` into the rough bite.

    Raises
    ------
    StageError
        When one of the arches has no labelled teeth.
    """
    settings = settings or BiteSettings()
    arches = _Arches(upper, lower, np.asarray(upper_labels), np.asarray(lower_labels), settings)
    return arches.chosen([arches.closing().near(np.asarray(rough, dtype=np.float64))])


def judge(
    upper: Mesh,
    lower: Mesh,
    upper_labels: Labels,
    lower_labels: Labels,
    motion: Transform,
    settings: BiteSettings | None = None,
) -> Bite:
    """Put a bite that was found elsewhere, as by a bite scan, into words, without changing it.

    Parameters
    ----------
    upper, lower, upper_labels, lower_labels, settings
        As in :func:`articulate`.
    motion
        ``(4, 4)``: ``lower`` into the bite.

    Raises
    ------
    StageError
        When one of the arches has no labelled teeth.
    """
    arches = _Arches(upper, lower, np.asarray(upper_labels), np.asarray(lower_labels), settings or BiteSettings())
    return arches.describe(motion, given=True, reasons=[])


class _Arches:
    """Both arches prepared: the upper as a surface and a relief, the lower as weighted occlusal points."""

    def __init__(
        self, upper: Mesh, lower: Mesh, upper_labels: Labels, lower_labels: Labels, settings: BiteSettings
    ) -> None:
        self.settings = settings
        self.upper_faces = face_labels(upper, upper_labels)
        self.lower_faces = face_labels(lower, lower_labels)
        for name, labels in (("upper", self.upper_faces), ("lower", self.lower_faces)):
            if not (labels > 0).any():
                raise StageError(
                    f"the {name} arch has no teeth", where="anatomy: bite", todo="Check the scan and its labels."
                )
        self.upper, self.lower = upper, lower
        self.labels = (upper_labels, lower_labels)
        self.surface = Surface(upper)
        self.occlusal = occlusal_points(lower, self.lower_faces, settings.points)

    def distances(self, motion: Transform) -> tuple[Floats, NDArray[np.int64], Points]:
        """Signed distance of each lower point to the upper scan, the upper tooth there (0 gingiva), and the points."""
        moved = self.occlusal.points @ motion[:3, :3].T + motion[:3, 3]
        near = self.surface.nearest(moved)
        return self.surface.signed(moved, near), self.upper_faces[near.faces], moved

    @cached_property
    def lower_surface(self) -> Surface:
        """The lower scan."""
        return Surface(self.lower)

    @cached_property
    def meeting(self) -> tuple[tuple[Points, Points], tuple[Points, Points]]:
        """Vertices and normals of the lower and the upper teeth's occlusal faces."""
        turned = Mesh(self.upper.vertices * [1, -1, -1], self.upper.faces)
        result = []
        for mesh, faces in (
            (self.lower, top_faces(self.lower, self.lower_faces)),
            (self.upper, top_faces(turned, self.upper_faces)),
        ):
            own = np.unique(mesh.faces[faces])
            result.append((mesh.vertices[own], mesh.vertex_normals[own]))
        return result[0], result[1]

    def in_bite(self, motion: Transform) -> bool:
        """Whether opposing teeth of both sides lie close in this position and none overlap much."""
        distance, tooth, _ = self.distances(motion)
        meets = tooth > 0
        if not meets.any() or float(motion[2, 2]) < 0.5:
            return False
        if -float(distance[meets].min()) > self.settings.given_penetration_mm:
            return False
        near = meets & (np.abs(distance) < self.settings.given_near_mm)
        left = np.array([numbers.is_left(int(t)) for t in self.occlusal.teeth])
        sides = [len(np.unique(self.occlusal.teeth[near & side])) for side in (left, ~left)]
        existing = [len(np.unique(self.occlusal.teeth[side])) for side in (left, ~left)]
        return all(n >= min(2, max(e, 1)) for n, e in zip(sides, existing, strict=True))

    def closing(self) -> Closing:
        """Make ready for the search."""
        start = class_one(centroids(self.upper, self.upper_faces), centroids(self.lower, self.lower_faces))
        teeth = self.upper.part(self.upper_faces > 0)[0]
        return Closing(teeth, self.lower, self.lower_faces, self.occlusal, start, self.settings)

    def search(self) -> Bite:
        """Best bite from all starts, with its rivals and the reasons to doubt it."""
        found = self.closing().search()
        return self.chosen(found)

    def chosen(self, found: list[Found]) -> Bite:
        """Put the best of several places into words, the others as its rivals."""
        best = found[0]
        rivals = tuple(
            self._rival(best, other) for other in found[1:] if _competes(best, other, self.settings.rival_margin)
        )
        reasons = []
        if best.energy > self.settings.doubt_energy:
            reasons.append("the arches interlock poorly")
        if not best.held_mm <= self.settings.doubt_held_mm:
            reasons.append("the contacts hardly hold the lower arch: noise moves it")
        if rivals:
            near = min(rivals, key=lambda r: r.worse)
            reasons.append(f"another position {near.away_mm:.1f} mm away fits as well")
        if abs(best.pose[4]) > self.settings.class_doubt_mm:
            where = "behind" if best.pose[4] > 0 else "in front of"
            reasons.append(f"the lower arch lies {abs(best.pose[4]):.1f} mm {where} class I")
        if len(best.touching) < self.settings.positions:
            reasons.append(f"only {len(best.touching)} lower teeth meet an upper one")
        opened = self._opened(best.motion)
        overlap = self.overlap_mm(opened)
        if overlap > self.settings.penetration_mm + 1e-3:
            reasons.append(f"teeth overlap by {overlap:.2f} mm in a place that does not fit")
        bite = self.describe(opened, given=False, reasons=reasons)
        return bite.model_copy(update={"rivals": rivals, "sagittal_mm": float(best.pose[4])})

    def _rival(self, best: Found, other: Found) -> Rival:
        centre = self.occlusal.centre()
        places = [f.motion[:3, :3] @ centre + f.motion[:3, 3] for f in (best, other)]
        return Rival(
            lower_moved=matrix4(other.motion),
            away_mm=float(np.linalg.norm(places[1] - places[0])),
            sagittal_mm=float(other.pose[4]),
            worse=float(other.energy - best.energy),
            touching=len(other.touching),
        )

    def overlap_mm(self, motion: Transform) -> float:
        """Deepest overlap of teeth, over every vertex of either arch's teeth.

        A few vertices deeper than scans in bite ever overlap are a fold, not a contact.
        """
        s = self.settings
        back = np.asarray(np.linalg.inv(motion), dtype=np.float64)
        (below, down), (above, up) = self.meeting
        distance = np.concatenate(
            [
                _among_teeth(above, up, back, self.lower, self.lower_surface, self.lower_faces),
                _among_teeth(below, down, motion, self.upper, self.surface, self.upper_faces),
            ]
        )
        near = distance < s.given_near_mm
        deep = near & (distance < -s.given_penetration_mm)
        if deep.sum() <= s.fold_share * near.sum():
            near &= ~deep
        return max(0.0, -float(distance[near].min(initial=0.0)))

    def _opened(self, motion: Transform) -> Transform:
        """Open along z until nothing overlaps by more than the tolerance (exact distances)."""
        opened = motion.copy()
        for _ in range(6):
            over = self.overlap_mm(opened) - self.settings.penetration_mm
            if over <= 1e-4 or motion[2, 3] - opened[2, 3] + over > self.settings.opening_mm:
                break
            opened[2, 3] -= over + 1e-3
        return opened

    def describe(self, motion: Transform, *, given: bool, reasons: list[str]) -> Bite:
        """Put a position into the document's words, with contacts and doubts."""
        distance, tooth, _ = self.distances(motion)
        meets = tooth > 0
        close = meets & (np.abs(distance) < 2.0)
        residual = (
            float(np.average(np.abs(distance[close]), weights=self.occlusal.weights[close])) if close.any() else 99.0
        )
        contacts = contacts_of(
            self.lower.transformed(motion), self.labels[1], self.upper, self.labels[0], self.settings.contact_mm
        )
        doubts = reasons + _doubts(contacts)
        overlap = self._overbite_mm(motion)
        if overlap is not None:
            row = find("clinical_limits", quantity="overbite_accepted_mm")
            words = f"overbite {overlap:.1f} mm (accepted {row.need('low'):g} to {row.need('high'):g} mm, {row.source})"
            front = front_words(overlap)
            doubts += [front] if overlap < 0 and not given else []
            words = f"{front}; {words}" if front and front not in doubts else words
        else:
            words = "overbite not measurable"
        return Bite(
            given=given,
            lower_moved=matrix4(motion),
            contacts=contacts,
            max_penetration_mm=self.overlap_mm(motion),
            residual_mm=residual,
            ambiguous=bool(doubts),
            reasons=tuple(doubts),
            note="; ".join(filter(None, [*doubts, self._class_words(motion), self._crossbite_words(motion), words])),
        )

    def _class_words(self, motion: Transform) -> str:
        lower = centroids(self.lower, self.lower_faces)
        start = class_one(centroids(self.upper, self.upper_faces), lower)
        middle = np.append(self.occlusal.centre(), 1.0)
        return class_words(float((motion @ middle - start @ middle)[1]), lower)

    def _crossbite_words(self, motion: Transform) -> str:
        outer = [
            outermost(mesh.vertices, labels)
            for mesh, labels in ((self.lower.transformed(motion), self.labels[1]), (self.upper, self.labels[0]))
        ]
        teeth = crossed(*outer)
        return f"crossbite of {', '.join(map(str, teeth))}" if teeth else ""

    def _overbite_mm(self, motion: Transform) -> float | None:
        """How far the upper central incisors reach below the edges of the lower ones."""
        upper = np.isin(self.upper_faces, (11, 21))
        lower = np.isin(self.lower_faces, (31, 41))
        if not upper.any() or not lower.any():
            return None
        upper_z = self.upper.vertices[np.unique(self.upper.faces[upper]), 2]
        points = self.lower.vertices[np.unique(self.lower.faces[lower])]
        lower_z = points @ motion[2, :3] + motion[2, 3]
        return float(np.quantile(lower_z, 0.97) - np.quantile(upper_z, 0.03))


def _among_teeth(
    points: Points, normals: Points, motion: Transform, other: Mesh, surface: Surface, tooth: NDArray[np.int64]
) -> Floats:
    """Signed distance of points, taken along by a motion, to another arch; infinite where that shows gingiva."""
    moved, turned = points @ motion[:3, :3].T + motion[:3, 3], normals @ motion[:3, :3].T
    distance, face = facing_distance(moved, turned, other, surface)
    return np.where(tooth[face] > 0, distance, np.inf)


def _competes(best: Found, other: Found, margin: float) -> bool:
    """Whether a second place is a bite somebody could mean: as tight, with as many teeth meeting, on both sides."""
    left = [numbers.is_left(t) for t in other.touching]
    both = any(left) and not all(left)
    near = other.energy - best.energy < margin
    return near and both


def _doubts(contacts: tuple[Contact, ...]) -> list[str]:
    left = {c.lower for c in contacts if numbers.is_left(c.lower)}
    right = {c.lower for c in contacts if not numbers.is_left(c.lower)}
    doubts = []
    if not left or not right:
        doubts.append("teeth touch on one side only" if left or right else "no teeth touch")
    if len(left) + len(right) < 4:
        doubts.append(f"only {len(left) + len(right)} lower teeth touch")
    return doubts
