"""Raising the bite: the lower jaw opens about its hinge, and each tooth gets a part of the room this gives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oral_architect.anatomy.bite.articulator import Articulator, ArticulatorSettings, mount
from oral_architect.anatomy.bite.excursions import InBite, incisal_point
from oral_architect.anatomy.document import Landscape
from oral_architect.case import matrix4
from oral_architect.errors import SettingsError, StageError
from oral_architect.geometry import concatenate
from oral_architect.teeth.fdi import is_molar, jaw_of, position

from ..document import Raised, RaisedAt, ToothRoom

Floats = NDArray[np.float64]

_MOST_MM = 20.0
"""No hinge opens a bite farther than this for teeth."""


@dataclass(frozen=True, eq=False)
class RaisedMouth:
    """The plan and the mouth in its raised bite."""

    plan: Raised
    landscape: Landscape
    articulator: Articulator

    def opened(self, landscape: Landscape, part: float) -> tuple[Landscape, Floats]:
        """Open the hinge by a part of the whole angle only.

        Parameters
        ----------
        landscape
            The mouth in the bite it had.
        part
            0 leaves it closed, 1 raises it wholly.

        Returns
        -------
        Landscape, (4, 4) float
            The mouth, and how its lower jaw moved.
        """
        motion = np.asarray(self.articulator.opening(part * self.plan.hinge_deg))
        return _opened(landscape, motion), motion


def raise_bite(
    landscape: Landscape,
    raise_mm: float,
    share_upper: float = 0.5,
    *,
    at: RaisedAt = "incisors",
    settings: ArticulatorSettings | None = None,
) -> RaisedMouth:
    """Open the bite by a stated amount and share the room between the jaws.

    The lower jaw turns about the axis through the condyles. The nearer a tooth stands to it, the less room it gains; a
    millimetre at the incisors is about half of one at the second molars.

    Parameters
    ----------
    landscape
        Both jaws in bite.
    raise_mm
        How far the incisal point, or the middle of the molars' biting surfaces, goes in a straight line.
    share_upper
        Part of each tooth's room that the upper tooth takes, 0 to 1.
    at
        Where ``raise_mm`` is measured.
    settings
        Of the articulator; average values when left out.

    Returns
    -------
    RaisedMouth
        The plan, and the landscape with the lower jaw moved; ``bite.lower_moved`` tells both motions in one.

    Raises
    ------
    SettingsError
        When the amount or the share is out of range.
    StageError
        When there is no bite, or no teeth where it is measured.
    """
    if not 0 <= raise_mm <= _MOST_MM or not 0 <= share_upper <= 1:
        raise SettingsError(
            f"a bite cannot be raised by {raise_mm:g} mm with a share of {share_upper:g}",
            where="raising the bite",
            todo=f"Give 0 to {_MOST_MM:g} mm and a share of 0 to 1.",
        )
    if landscape.bite is None:
        raise StageError("no bite is known", where="raising the bite", todo="Give both jaws.")
    tops = {t.fdi: _top(landscape, t.fdi) for t in landscape.teeth if f"crown_{t.fdi}" in landscape.shapes}
    articulator = _mounted(landscape, tops, settings)
    measured = articulator.incisal_mm if at == "incisors" else _molars(tops)
    degrees = _hinge_deg(articulator, measured, raise_mm)
    motion = articulator.opening(degrees)
    back = np.linalg.inv(motion)
    teeth = []
    for fdi in sorted(tops):
        upper = jaw_of(fdi) == "upper"
        # an upper tooth parts from where the lower jaw's matter at its place came to lie
        moved = motion if not upper else back
        opened = float(np.linalg.norm(tops[fdi] @ moved[:3, :3].T + moved[:3, 3] - tops[fdi]))
        own = opened * (share_upper if upper else 1 - share_upper)
        teeth.append(ToothRoom(fdi=fdi, opened_mm=opened, own_mm=own))
    plan = Raised(
        raise_mm=raise_mm,
        at=at,
        hinge_deg=degrees,
        lower_moved=matrix4(motion),
        share_upper=share_upper,
        upper_mm=raise_mm * share_upper,
        lower_mm=raise_mm * (1 - share_upper),
        teeth=tuple(teeth),
    )
    return RaisedMouth(plan, _opened(landscape, motion), articulator)


def _hinge_deg(articulator: Articulator, point: Floats, mm: float) -> float:
    """Hinge angle at which a point goes this far in a straight line: a chord of its circle about the hinge axis."""
    axis = articulator.left_mm - articulator.right_mm
    axis = axis / np.linalg.norm(axis)
    arm = point - articulator.right_mm
    radius = float(np.linalg.norm(arm - (arm @ axis) * axis))
    if mm > radius:
        raise SettingsError(
            f"an opening of {mm:g} mm is out of reach", where="raising the bite", todo=f"Give at most {radius:.0f} mm."
        )
    return float(np.degrees(2 * np.arcsin(mm / (2 * radius))))


def _mounted(landscape: Landscape, tops: dict[int, Floats], settings: ArticulatorSettings | None) -> Articulator:
    crowns = {fdi: landscape.crown(fdi) for fdi in tops}
    lower = {f: m for f, m in crowns.items() if jaw_of(f) == "lower"}
    if not lower or len(lower) == len(crowns):
        raise StageError("teeth of both jaws are needed", where="raising the bite")
    labels = np.concatenate([np.full(len(m.vertices), f) for f, m in lower.items()])
    joined = concatenate(list(lower.values()))
    return mount(incisal_point(InBite(joined, labels, joined, labels)), settings)


def _molars(tops: dict[int, Floats]) -> Floats:
    points = [top for fdi, top in tops.items() if is_molar(fdi) and jaw_of(fdi) == "lower" and position(fdi) < 8]
    if not points:
        raise StageError(
            "no lower molars stand", where="raising the bite", todo="Give the amount at the incisors instead."
        )
    return np.asarray(np.mean(points, axis=0))


def _top(landscape: Landscape, fdi: int) -> Floats:
    """Middle of a tooth's highest tenth: where it bites."""
    points = landscape.crown(fdi).vertices
    height = points @ np.asarray(landscape.tooth(fdi).axes[2])
    return np.asarray(points[height >= np.quantile(height, 0.9)].mean(axis=0))


def _opened(landscape: Landscape, motion: Floats) -> Landscape:
    """Return the landscape with everything of the lower jaw moved."""
    turn = motion[:3, :3]
    teeth = tuple(
        t
        if jaw_of(t.fdi) == "upper"
        else t.model_copy(
            update={
                "centroid_mm": _tuple(turn @ np.asarray(t.centroid_mm) + motion[:3, 3]),
                "axes": tuple(_tuple(turn @ np.asarray(axis)) for axis in t.axes),
            }
        )
        for t in landscape.teeth
    )
    shapes = {key: mesh.transformed(motion) if _is_lower(key) else mesh for key, mesh in landscape.shapes.items()}
    arrays = {
        key: value @ turn.T + motion[:3, 3] if _is_lower(key) and _is_place(key) else value
        for key, value in landscape.arrays.items()
        if not key.startswith("occlusal_distance_")
    }
    landmarks = tuple(
        mark
        if jaw_of(mark.fdi) == "upper"
        else mark.model_copy(update={"at_mm": _tuple(turn @ np.asarray(mark.at_mm) + motion[:3, 3])})
        for mark in landscape.landmarks
    )
    bite = landscape.bite
    if bite is not None:
        total = motion @ np.asarray(bite.lower_moved)
        bite = bite.model_copy(
            update={"lower_moved": matrix4(total), "contacts": (), "note": f"{bite.note} Raised.".strip()}
        )
    # what was measured between the jaws no longer holds
    measures = tuple(m for m in landscape.measures if m.fdi is not None or m.jaw is not None)
    arches = tuple(
        a if a.jaw == "upper" else a.model_copy(update={"to_patient": matrix4(motion @ np.asarray(a.to_patient))})
        for a in landscape.arches
    )
    return landscape.model_copy(
        update={
            "arches": arches,
            "teeth": teeth,
            "shapes": shapes,
            "arrays": arrays,
            "bite": bite,
            "landmarks": landmarks,
            "measures": measures,
        }
    )


def _is_lower(key: str) -> bool:
    name = key.rsplit("_", 1)[-1]
    return name == "lower" or (name.isdigit() and jaw_of(int(name)) == "lower")


def _is_place(key: str) -> bool:
    return key.startswith(("margin_", "arch_curve_", "incisal_edge_"))


def _tuple(point: Floats) -> tuple[float, float, float]:
    return (float(point[0]), float(point[1]), float(point[2]))
