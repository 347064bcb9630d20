"""How the lower arch lies against the upper: kept when the scans came in bite, found when they did not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog, minimize

from oral_architect.case import Settings, matrix4, vector
from oral_architect.errors import StageError
from oral_architect.geometry import Mesh, Points, Transform
from oral_architect.geometry.closest import Surface
from oral_architect.geometry.registration import from_pairs
from oral_architect.reference import find
from oral_architect.teeth import fdi as numbers
from oral_architect.teeth.shape_model import crown_model

from .document import Bite, Contact
from .opposing import LEVER_MM, Occlusal, Relief, closing_energy, gaps_mm, pose_matrix, relief_of

Floats = NDArray[np.float64]
Labels = NDArray[np.integer[Any]]


class BiteSettings(Settings):
    """How the bite is searched for and judged. The figures describe the method and scanners, not clinical limits."""

    penetration_mm: float = 0.1
    """Deepest overlap a found bite may keep: what two scans of touching teeth overlap by anyway."""
    contact_mm: float = 0.1
    """Surfaces nearer than this touch."""
    given_near_mm: float = 1.0
    """Scans that came in bite have opposing teeth on both sides nearer than this."""
    given_penetration_mm: float = 0.5
    """Scans that overlap by more than this did not come in bite."""
    points: int = 2500
    """Points of the lower occlusal surfaces that are followed."""
    reach_sagittal_mm: float = 6.0
    """The search starts from class I and from places up to this far before and behind it, a full class."""
    reach_lateral_mm: float = 1.5
    """And this far to either side."""
    reach_turn_deg: float = 3.0
    """And turned this far about the vertical."""
    class_one_sd_mm: float = 4.0
    """How far sagittally from class I a bite lies ordinarily; a weak prior between otherwise equal bites."""
    class_doubt_mm: float = 5.0
    """A bite further than this from class I is possible and should be looked at."""


@dataclass(frozen=True, eq=False)
class _Candidate:
    pose: Floats
    energy: float


_STAGES_MM = ((1.2, 0.25), (0.5, 0.12))  # reach of contact and give of surfaces, coarse to fine
_KEPT = 10  # candidates that go on to the second stage
_TOP_PART_MM = 4.5  # what of a lower crown can meet an upper one, below its highest point
_FACING = 0.15
_SAME_BITE_MM = 0.6
_PRIOR_WEIGHT = 0.01
_RIVAL_MARGIN = 0.05  # a second place this much worse, as a part of the energy, is still a rival
_POOR_CLOSURE = 0.82  # of the second stage's energy: real arches that interlock reach 0.56 to 0.80
_SETTLING_MM = (0.3, 0.2, 0.15, 0.1, 0.1, 0.05, 0.05)  # longest steps of the last closing
_SETTLING_REACH_MM = 0.8


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
        The scans, each in its own patient frame (:func:`~oral_architect.anatomy.frame.patient_frame`), mm.
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
    found, reasons = arches.search()
    return arches.describe(found, given=False, reasons=reasons)


class _Arches:
    """Both arches prepared: the upper as a surface and a relief, the lower as weighted occlusal points."""

    def __init__(
        self, upper: Mesh, lower: Mesh, upper_labels: Labels, lower_labels: Labels, settings: BiteSettings
    ) -> None:
        self.settings = settings
        self.upper_faces = _face_labels(upper, upper_labels)
        self.lower_faces = _face_labels(lower, lower_labels)
        for name, labels in (("upper", self.upper_faces), ("lower", self.lower_faces)):
            if not (labels > 0).any():
                raise StageError(
                    f"the {name} arch has no teeth", where="anatomy: bite", todo="Check the scan and its labels."
                )
        self.upper, self.lower = upper, lower
        self.surface = Surface(upper)
        self.relief: Relief = relief_of(upper.part(self.upper_faces > 0)[0])
        self.occlusal = _occlusal_points(lower, self.lower_faces, settings.points)
        self.start = _class_one(_centroids(upper, self.upper_faces), _centroids(lower, self.lower_faces))

    def distances(self, motion: Transform) -> tuple[Floats, NDArray[np.int64], Points]:
        """Signed distance of each lower point to the upper scan, the upper tooth there (0 gingiva), and the points."""
        moved = self.occlusal.points @ motion[:3, :3].T + motion[:3, 3]
        near = self.surface.nearest(moved)
        return self.surface.signed(moved, near), self.upper_faces[near.faces], moved

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

    def search(self) -> tuple[Transform, list[str]]:
        """Best bite from all starts, and the reasons to doubt it."""
        lower = Occlusal(
            self.occlusal.points @ self.start[:3, :3].T + self.start[:3, 3],
            self.occlusal.weights,
            self.occlusal.teeth,
        )
        candidates = [self._refine(pose, lower, 0) for pose in self._starts(lower)]
        ranked = _distinct([self._refine(c.pose, lower, 1) for c in _distinct(candidates)[:_KEPT]])
        best = ranked[0]
        reasons = []
        if best.energy > _POOR_CLOSURE:
            reasons.append("the arches interlock poorly")
        if len(ranked) > 1 and ranked[1].energy - best.energy < _RIVAL_MARGIN * best.energy:
            away = float(np.abs(ranked[1].pose - best.pose).max())
            reasons.append(f"another position {away:.1f} mm away fits as well")
        if abs(best.pose[4]) > self.settings.class_doubt_mm:
            where = "behind" if best.pose[4] > 0 else "in front of"
            reasons.append(f"the lower arch lies {abs(best.pose[4]):.1f} mm {where} class I")
        motion = pose_matrix(best.pose, lower.centre()) @ self.start
        return self._opened(self._settled(motion)), reasons

    def _starts(self, lower: Occlusal) -> list[Floats]:
        s = self.settings
        starts = []
        x, turn = s.reach_lateral_mm, float(np.radians(s.reach_turn_deg)) * LEVER_MM
        for y in np.arange(-s.reach_sagittal_mm, s.reach_sagittal_mm + 0.1, 1.0):
            for aside, yaw in ((0.0, 0.0), (x, 0.0), (-x, 0.0), (0.0, turn), (0.0, -turn)):
                pose = np.array([0.0, 0.0, yaw, aside, y, 0.0])
                motion = pose_matrix(pose, lower.centre())
                gap, cover = gaps_mm(lower.points @ motion[:3, :3].T + motion[:3, 3], self.relief)
                over = gap[cover > 0.5]
                if len(over) > 20:  # close until a few points touch
                    pose[5] = float(np.quantile(over, 0.02))
                    starts.append(pose)
        return starts or [np.zeros(6)]

    def _refine(self, pose: Floats, lower: Occlusal, stage: int) -> _Candidate:
        attraction, softness = _STAGES_MM[stage]

        def energy(x: Floats) -> tuple[float, Floats]:
            value, slope = closing_energy(x, lower, self.relief, attraction, softness)
            place = x[[3, 4, 2]] / self.settings.class_one_sd_mm / np.array([0.5, 1.0, 0.5])
            value += _PRIOR_WEIGHT * float(place @ place)
            slope[[3, 4, 2]] += 2 * _PRIOR_WEIGHT * place / self.settings.class_one_sd_mm / np.array([0.5, 1.0, 0.5])
            return value, slope

        found = minimize(energy, pose, jac=True, method="L-BFGS-B", options={"maxiter": 60 if stage == 0 else 150})
        return _Candidate(np.asarray(found.x), float(found.fun))

    def _settled(self, motion: Transform) -> Transform:
        """Close the last tenths with exact distances: the least mean gap without overlap beyond the tolerance.

        Each step is a linear programme in the six small motions: the surfaces' distances, seen as planes, must stay
        above the allowed overlap while the weighted mean of the near ones shrinks.
        """
        settled = motion.copy()
        for longest in _SETTLING_MM:
            moved = self.occlusal.points @ settled[:3, :3].T + settled[:3, 3]
            near = self.surface.nearest(moved)
            distance = self.surface.signed(moved, near)
            tooth = self.upper_faces[near.faces]
            close = (tooth > 0) & (distance < _SETTLING_REACH_MM)
            if close.sum() < 12:
                return settled
            normal = self.upper.face_normals[near.faces[close]]
            centre = moved[close].mean(axis=0)
            rows = np.hstack([np.cross(moved[close] - centre, normal) / LEVER_MM, normal])
            weights = self.occlusal.weights[close]
            room = distance[close] + self.settings.penetration_mm
            pose = _least_gap_step(rows, weights, room, longest)
            settled = pose_matrix(pose, centre) @ settled
        return settled

    def _opened(self, motion: Transform) -> Transform:
        """Open along z until nothing overlaps by more than the tolerance (exact distances)."""
        opened = motion.copy()
        for _ in range(12):
            distance, tooth, _ = self.distances(opened)
            over = -float(distance[tooth > 0].min(initial=0.0)) - self.settings.penetration_mm
            if over <= 1e-4:
                break
            opened[2, 3] -= over + 1e-3
        return opened

    def describe(self, motion: Transform, *, given: bool, reasons: list[str]) -> Bite:
        """Put a position into the document's words, with contacts and doubts."""
        distance, tooth, moved = self.distances(motion)
        meets = tooth > 0
        close = meets & (np.abs(distance) < 2.0)
        residual = (
            float(np.average(np.abs(distance[close]), weights=self.occlusal.weights[close])) if close.any() else 99.0
        )
        contacts = self._contacts(distance, tooth, moved)
        doubts = reasons + _doubts(contacts)
        overlap = self._overbite_mm(motion)
        if overlap is not None:
            row = find("clinical_limits", quantity="overbite_accepted_mm")
            words = f"overbite {overlap:.1f} mm (accepted {row.need('low'):g} to {row.need('high'):g} mm, {row.source})"
            doubts += ["open bite in front"] if overlap < 0 and not given else []
        else:
            words = "overbite not measurable"
        return Bite(
            given=given,
            lower_moved=matrix4(motion),
            contacts=contacts,
            max_penetration_mm=max(0.0, -float(distance[meets].min(initial=0.0))),
            residual_mm=residual,
            ambiguous=bool(doubts),
            note="; ".join([*doubts, words]),
        )

    def _contacts(self, distance: Floats, tooth: NDArray[np.int64], moved: Points) -> tuple[Contact, ...]:
        """The closest place of each pair of teeth that touches."""
        touching = np.flatnonzero((tooth > 0) & (distance < self.settings.contact_mm))
        best: dict[tuple[int, int], int] = {}
        for i in touching:
            pair = (int(tooth[i]), int(self.occlusal.teeth[i]))
            if pair not in best or distance[i] < distance[best[pair]]:
                best[pair] = int(i)
        return tuple(
            Contact(upper=pair[0], lower=pair[1], at_mm=vector(moved[i]), distance_mm=float(distance[i]))
            for pair, i in sorted(best.items())
        )

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


def _least_gap_step(rows: Floats, weights: Floats, room: Floats, longest_mm: float) -> Floats:
    """Six motions (mm) that close the weighted mean gap most while ``room + rows @ step`` stays positive.

    Points that have too little room now need only not lose more than the step can give back (one slack for all).
    """
    price = np.concatenate([weights @ rows, [10.0 * weights.sum()]])
    found = linprog(
        price,
        A_ub=np.hstack([-rows, -np.ones((len(rows), 1))]),
        b_ub=room,
        bounds=[(-longest_mm, longest_mm)] * 6 + [(0.0, None)],
        method="highs",
    )
    return np.zeros(6) if found.x is None or not found.success else np.asarray(found.x[:6])


def _face_labels(mesh: Mesh, labels: Labels) -> NDArray[np.int64]:
    return np.asarray(np.sort(labels[mesh.faces], axis=1)[:, 1], dtype=np.int64)


def _centroids(mesh: Mesh, face_labels: NDArray[np.int64]) -> dict[int, Floats]:
    middle = mesh.vertices[mesh.faces].sum(axis=1) / 3
    result = {}
    for fdi in (int(t) for t in np.unique(face_labels) if t > 0):
        own = face_labels == fdi
        area = mesh.face_areas[own]
        if area.sum() > 0:
            result[fdi] = np.asarray((middle[own] * area[:, None]).sum(axis=0) / area.sum())
    return result


def _occlusal_points(lower: Mesh, face_labels: NDArray[np.int64], count: int) -> Occlusal:
    """Face centres of the upper part of each lower crown that face up, thinned evenly."""
    middle = lower.vertices[lower.faces].sum(axis=1) / 3
    chosen = (face_labels > 0) & (lower.face_normals[:, 2] > _FACING)
    for fdi in np.unique(face_labels[face_labels > 0]):
        own = face_labels == fdi
        chosen[own] &= middle[own, 2] > middle[own, 2].max() - _TOP_PART_MM
    index = np.flatnonzero(chosen)
    if len(index) > count:
        index = index[np.floor(np.arange(count) * len(index) / count).astype(np.int64)]
    teeth = face_labels[index]
    # seen from above: a steep flank counts by the area it covers
    weight = lower.face_areas[index] * lower.face_normals[index, 2]
    left = np.array([numbers.is_left(int(t)) for t in teeth])
    for side in (left, ~left):
        if side.any():
            weight[side] /= weight[side].sum()
    return Occlusal(middle[index], weight / weight.sum(), teeth)


def _class_one(upper: dict[int, Floats], lower: dict[int, Floats]) -> Transform:
    """Place the lower teeth against their upper namesakes as in the mean arch, in the horizontal plane."""
    source, target = [], []
    for fdi, place in lower.items():
        partner = numbers.antagonists(fdi)[0] if fdi < 50 else 0
        if partner not in upper:
            continue
        offset = crown_model(fdi).arch_pose[:3, 3] - crown_model(partner).arch_pose[:3, 3]
        flat = np.array([1.0, 1.0, 0.0])
        source.append(place * flat)
        target.append((upper[partner] + offset) * flat)
    if len(source) < 3:
        return np.eye(4)
    motion = from_pairs(np.array(source), np.array(target))
    turn = np.arctan2(motion[1, 0], motion[0, 0])
    if not np.isfinite(turn) or abs(turn) > np.radians(30):
        return np.eye(4)
    return motion


def _distinct(candidates: list[_Candidate]) -> list[_Candidate]:
    """Candidates from best to worst, without near copies of a better one."""
    result: list[_Candidate] = []
    for candidate in sorted(candidates, key=lambda c: (c.energy, *c.pose)):
        if all(np.abs(candidate.pose - kept.pose).max() > _SAME_BITE_MM for kept in result):
            result.append(candidate)
    return result


def _doubts(contacts: tuple[Contact, ...]) -> list[str]:
    left = {c.lower for c in contacts if numbers.is_left(c.lower)}
    right = {c.lower for c in contacts if not numbers.is_left(c.lower)}
    doubts = []
    if not left or not right:
        doubts.append("teeth touch on one side only" if left or right else "no teeth touch")
    if len(left) + len(right) < 4:
        doubts.append(f"only {len(left) + len(right)} lower teeth touch")
    return doubts
