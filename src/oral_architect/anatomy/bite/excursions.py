"""What touches when the lower jaw glides forward or aside: guiding teeth, interferences, free ways."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from oral_architect.case import Matrix4, Record, matrix4
from oral_architect.errors import StageError
from oral_architect.geometry import Mesh, Transform
from oral_architect.teeth import fdi as numbers

from ..document import Contact
from .articulator import Articulator
from .clearance import NOTHING_ABOVE_MM, Crowns, clearances_mm
from .contact_map import contacts_of
from .occlusal_points import coarse_crowns, face_labels
from .opposing import Relief, relief_of

Labels = NDArray[np.integer[Any]]
Kind = Literal["protrusion", "left", "right"]

_STEP_MM = 0.15
_CLOSED_DEG, _OPEN_DEG = -3.0, 30.0
_BLEND_MM = 0.01


class Place(Record):
    """One place on the way."""

    mm: float
    """Way of the condyles (of the swinging one when going aside)."""
    opening_deg: float
    """How far the teeth made the hinge open; negative where they let it close."""
    matrix: Matrix4
    """Motion of the lower jaw from the bite, patient frame, mm."""
    contacts: tuple[Contact, ...]


class Excursion(Record):
    """A gliding movement with teeth in contact."""

    kind: Kind
    path: tuple[Place, ...]
    guiding: tuple[int, ...]
    """Lower teeth that carry the movement from its first step on."""
    interferences: tuple[int, ...]
    """Lower teeth that touch and ordinarily do not: back teeth going forward, the non-working side going aside."""
    working_side: tuple[int, ...] = ()
    """Lower teeth of the side moved to that touch on the way besides the guiding ones."""
    free_mm: float | None = None
    """How far it goes before another tooth than the guiding ones touches; ``None`` when none does."""


@dataclass(frozen=True, eq=False)
class InBite:
    """Two labelled arches in bite, patient frame, mm; labels ``(n,) int`` FDI per vertex, 0 gingiva."""

    upper: Mesh
    upper_labels: Labels
    lower: Mesh
    lower_labels: Labels


def incisal_point(arches: InBite) -> NDArray[np.float64]:
    """Return the point between the edges of the lower central incisors, or of the frontmost teeth, ``(3,) mm``.

    Raises
    ------
    StageError
        When the lower arch has no teeth.
    """
    labels = np.asarray(arches.lower_labels)
    for wanted in ((31, 41), (32, 42), (33, 43)):
        tops = [_top(arches.lower.vertices[labels == t]) for t in wanted if (labels == t).any()]
        if len(tops) == 2:
            return np.asarray(np.mean(tops, axis=0))
    points = arches.lower.vertices[labels > 0]
    if len(points) == 0:
        raise StageError("the lower arch has no teeth", where="articulator", todo="Check the scan and its labels.")
    front = points[points[:, 1] <= np.quantile(points[:, 1], 0.05)]
    return np.array([0.0, *_top(front)[1:]])


def glide(
    articulator: Articulator,
    arches: InBite,
    kind: Kind,
    length_mm: float,
    *,
    step_mm: float = 0.5,
    overlap_mm: float = 0.1,
    contact_mm: float = 0.1,
) -> Excursion:
    """Let the lower jaw glide, at each step closed by the hinge until teeth touch.

    Parameters
    ----------
    articulator
        From :func:`~.articulator.mount`.
    arches
        In bite.
    kind
        Forward, or to the patient's left or right.
    length_mm
        Way of the condyles.
    step_mm
        Between the places looked at.
    overlap_mm
        Overlap at which teeth carry, as in the bite.
    contact_mm
        Surfaces nearer than this touch.
    """
    upper_tooth = face_labels(arches.upper, np.asarray(arches.upper_labels))
    relief = relief_of(arches.upper.part(upper_tooth > 0)[0], _STEP_MM)
    crowns = coarse_crowns(arches.lower, face_labels(arches.lower, np.asarray(arches.lower_labels)), np.eye(4))
    path = []
    for mm in np.linspace(0.0, length_mm, max(2, round(length_mm / step_mm) + 1)):
        hinge_deg = _carried(lambda deg, at=float(mm): _motion(articulator, kind, at, deg), crowns, relief, overlap_mm)
        motion = _motion(articulator, kind, float(mm), hinge_deg)
        moved = arches.lower.transformed(motion)
        contacts = contacts_of(moved, arches.lower_labels, arches.upper, arches.upper_labels, contact_mm)
        path.append(Place(mm=float(mm), opening_deg=hinge_deg, matrix=matrix4(motion), contacts=contacts))
    return _read(kind, tuple(path))


def _motion(articulator: Articulator, kind: Kind, mm: float, hinge_deg: float) -> Transform:
    if kind == "protrusion":
        return articulator.protrusion(mm, hinge_deg)
    return articulator.laterotrusion(kind, mm, hinge_deg)


def _carried(motion_of: Any, crowns: Crowns, relief: Relief, overlap_mm: float) -> float:
    """Return the hinge angle at which the first teeth carry, by halving."""
    low, high = _CLOSED_DEG, _OPEN_DEG
    for _ in range(24):
        middle = (low + high) / 2
        motion = motion_of(middle)
        points = crowns.points @ motion[:3, :3].T + motion[:3, 3]
        moved = Crowns(points, crowns.first, crowns.teeth, crowns.weights)
        gap = clearances_mm(moved, relief, _BLEND_MM)
        least = float(gap.min(initial=NOTHING_ABOVE_MM))
        low, high = (low, middle) if least > -overlap_mm else (middle, high)
    return high


def _read(kind: Kind, path: tuple[Place, ...]) -> Excursion:
    touching = [{c.lower for c in place.contacts} for place in path[1:]]
    first = touching[0] if touching else set()
    guiding = {t for t in first if kind == "protrusion" or numbers.is_left(t) == (kind == "left")} or first
    ever = set().union(*touching) if touching else set()
    if kind == "protrusion":
        wrong = {t for t in ever if not numbers.is_anterior(t)}
        beside: set[int] = set()
    else:
        wrong = {t for t in ever if numbers.is_left(t) != (kind == "left") and numbers.position(t) > 2}
        beside = ever - wrong - guiding
    other = [place.mm for place, teeth in zip(path[1:], touching, strict=True) if teeth - guiding]
    return Excursion(
        kind=kind,
        path=path,
        guiding=tuple(sorted(guiding)),
        interferences=tuple(sorted(wrong)),
        working_side=tuple(sorted(beside)),
        free_mm=other[0] if other else None,
    )


def _top(points: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(points[points[:, 2] >= np.quantile(points[:, 2], 0.95)].mean(axis=0))
