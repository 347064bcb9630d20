"""How the lower jaw glides forward and aside on the teeth that stay, and so how the other jaw passes a new form."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from oral_architect.anatomy.bite.articulator import Articulator, ArticulatorSettings, mount
from oral_architect.anatomy.bite.clearance import NOTHING_ABOVE_MM, Crowns, clearances_mm
from oral_architect.anatomy.bite.excursions import InBite, incisal_point
from oral_architect.anatomy.bite.occlusal_points import coarse_crowns
from oral_architect.anatomy.bite.opposing import Relief, relief_of
from oral_architect.anatomy.document import Landscape
from oral_architect.errors import StageError
from oral_architect.geometry import Mesh, Transform, concatenate
from oral_architect.teeth.fdi import is_anterior, is_left, jaw_of, position

from ..contact import Opposite
from ..estimates import estimate
from .facing import Facing
from .wanted import ContactsWanted

Movement = Literal["protrusion", "left", "right"]
Floats = NDArray[np.float64]

_RELIEF_STEP_MM = 0.2
_BLEND_MM = 0.01
_CLOSED_DEG, _OPEN_DEG = -3.0, 30.0


@dataclass(frozen=True, eq=False)
class Way:
    """One place on an excursion.

    Parameters
    ----------
    movement
        Forward, or to the patient's left or right.
    way_mm
        How far the condyles went.
    lower_moved
        ``(4, 4)``: motion of the lower jaw from the bite, mm.
    """

    movement: Movement
    way_mm: float
    lower_moved: Transform


@dataclass(frozen=True, eq=False)
class Movements:
    """The excursions of a mouth, carried by the teeth that are not being designed."""

    articulator: Articulator
    ways: tuple[Way, ...]

    def facings(self, fdi: int, antagonist: Opposite) -> list[tuple[Way, Facing]]:
        """Return the other jaw as a tooth's form faces it at each place on the ways."""
        upper = jaw_of(fdi) == "upper"
        to_other = [np.asarray(np.linalg.inv(w.lower_moved) if upper else w.lower_moved) for w in self.ways]
        return [(w, Facing(w.movement, antagonist, m)) for w, m in zip(self.ways, to_other, strict=True)]


def movements(
    landscape: Landscape, without: Iterable[int] = (), settings: ArticulatorSettings | None = None
) -> Movements | None:
    """Let the lower jaw glide on the teeth that stay; ``None`` without a bite or without teeth to glide on.

    At each step the hinge closes until the teeth are as near as they are in the bite.

    Parameters
    ----------
    landscape
        Crowns of both jaws in bite.
    without
        Teeth that are being designed and therefore carry nothing.
    settings
        Of the articulator; average values when left out.
    """
    left_out = set(without)
    crowns = {
        t.fdi: landscape.crown(t.fdi)
        for t in landscape.teeth
        if f"crown_{t.fdi}" in landscape.shapes and t.fdi not in left_out
    }
    upper = {f: m for f, m in crowns.items() if jaw_of(f) == "upper"}
    lower = {f: m for f, m in crowns.items() if jaw_of(f) == "lower"}
    if landscape.bite is None or not upper or not lower:
        return None
    joined, labels = _labelled(lower)
    above, above_labels = _labelled(upper)
    try:
        incisal = incisal_point(InBite(above, above_labels, joined, labels))
    except StageError:
        return None
    articulator = mount(incisal, settings)
    relief = relief_of(above, _RELIEF_STEP_MM)
    tooth = labels[joined.faces[:, 0]].astype(np.int64)
    points = coarse_crowns(joined, tooth, np.eye(4))
    rest = _least(points, relief, np.eye(4))
    step, length = estimate("glide_step").need("value"), estimate("glide_length").need("value")
    places = [float(mm) for mm in np.arange(1, round(length / step) + 1) * step]
    ways = [
        Way(movement, mm, _carried(articulator, movement, mm, points, relief, rest))
        for movement in get_args(Movement)
        for mm in places
    ]
    return Movements(articulator, tuple(ways))


def guides(fdi: int, movement: Movement, wanted: ContactsWanted) -> bool:
    """Whether a tooth is wanted to guide a movement; then it may touch on the way."""
    if movement == "protrusion":
        return wanted.anterior_guidance and is_anterior(fdi)
    if is_left(fdi) != (movement == "left") or wanted.guidance == "none":
        return False
    return position(fdi) >= 3 if wanted.guidance == "group" else position(fdi) == 3


def _labelled(crowns: dict[int, Mesh]) -> tuple[Mesh, NDArray[np.int64]]:
    labels = np.concatenate([np.full(len(m.vertices), fdi, dtype=np.int64) for fdi, m in crowns.items()])
    return concatenate(list(crowns.values())), labels


def _least(points: Crowns, relief: Relief, motion: Transform) -> float:
    moved = points.points @ motion[:3, :3].T + motion[:3, 3]
    gap = clearances_mm(Crowns(moved, points.first, points.teeth, points.weights), relief, _BLEND_MM)
    return float(gap.min(initial=NOTHING_ABOVE_MM))


def _carried(
    articulator: Articulator, movement: Movement, mm: float, points: Crowns, relief: Relief, rest_mm: float
) -> Transform:
    """Return the motion whose hinge angle brings the teeth as near as they are at rest, by halving."""

    def motion(hinge_deg: float) -> Transform:
        if movement == "protrusion":
            return articulator.protrusion(mm, hinge_deg)
        return articulator.laterotrusion(movement, mm, hinge_deg)

    low, high = _CLOSED_DEG, _OPEN_DEG
    for _ in range(20):
        middle = (low + high) / 2
        low, high = (low, middle) if _least(points, relief, motion(middle)) > rest_mm else (middle, high)
    return motion(high)
