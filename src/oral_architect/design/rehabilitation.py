"""A whole mouth in a raised bite: every tooth that bites is built up until both jaws meet again.

The lower jaw opens about its hinge by its own part of the whole, and the lower teeth are built up until they meet the
upper ones as they are. Then it opens wholly, and the upper teeth are built up until they meet the lower ones as they
now are. So each jaw gets its share, and the last contact of every pair is made on two final surfaces.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oral_architect.anatomy.document import Landscape
from oral_architect.case import Vector, vector
from oral_architect.errors import OralArchitectError
from oral_architect.findings.document import Finding, Findings, Measure
from oral_architect.geometry import Mask, Mesh, Transform
from oral_architect.teeth.fdi import Jaw, arch, is_anterior, jaw_of

from .checks import all_checks
from .contact import antagonist_of
from .document import Raised, Restoration, RestorationKind, Touch
from .function.judging import worst_first
from .making import made
from .piecing import faces_up
from .plan import Plan, impossible
from .rebuilding import Designed, Task

Floats = NDArray[np.float64]

_NOTHING = Measure(value=0.0, sd=0.0, unit="mm")
_DOES_NOT_HOLD = ("rebuilt against lost volume",)
"""Checks that compare with what was lost: here more is built than that, on purpose."""


@dataclass(frozen=True, eq=False)
class Rehabilitated:
    """What was made of a mouth."""

    raised: Raised
    made: tuple[Designed, ...]
    skipped: tuple[str, ...]


def rehabilitate(landscape: Landscape, findings: Findings, plan: Plan) -> Rehabilitated:
    """Raise the bite and build up every tooth that bites.

    Parameters
    ----------
    landscape
        Both jaws in the bite they have.
    findings
        What is lost, and the expected forms.
    plan
        By how much, which part of it is the upper jaw's, and what is wanted for single teeth.

    Raises
    ------
    StageError
        When there is no bite, or there are no teeth to measure the amount at.
    SettingsError
        When the amount is out of reach.
    """
    from .function import raise_bite

    asked = plan.mouth
    raising = raise_bite(
        landscape, asked.raise_bite_mm, asked.share_upper, at=asked.raised_at, settings=plan.articulator
    )
    done: dict[int, Designed] = {}
    skipped: list[str] = []
    moved = np.eye(4)
    parts: tuple[tuple[Jaw, float], ...] = (("lower", 1 - asked.share_upper), ("upper", 1.0))
    for jaw, part in parts:
        there, motion = raising.opened(landscape, part)
        there, told = _with_new(there, done, motion @ np.linalg.inv(moved)), _told(there, findings, motion)
        standing = {tooth.fdi for tooth in there.teeth if f"crown_{tooth.fdi}" in there.shapes}
        for fdi in (fdi for fdi in arch(jaw) if fdi in standing):
            try:
                one = _built_up(there, told, plan, fdi)
            except (OralArchitectError, ValueError, np.linalg.LinAlgError) as problem:
                skipped.append(f"Tooth {fdi}: could not be built up to the raised bite; {problem}")
                continue
            if isinstance(one, str):
                skipped.append(f"Tooth {fdi}: {one}")
                continue
            done[fdi] = one
            there = _with_new(there, {fdi: one}, np.eye(4))
        if jaw == "lower":
            moved = motion
        else:
            done = {**done, **_judged_again(there, done, motion @ np.linalg.inv(moved))}
    back = np.asarray(np.linalg.inv(moved))
    lain = [_moved(one, back) if jaw_of(fdi) == "lower" else one for fdi, one in done.items()]
    return Rehabilitated(raising.plan, tuple(_with_room(one, raising.plan) for one in lain), tuple(skipped))


def _built_up(there: Landscape, findings: Findings, plan: Plan, fdi: int) -> Designed | str:
    """Build up one tooth; a sentence where it is left alone."""
    own = plan.tooth(fdi)
    if own.kind == "none":
        return "left alone, as planned; in the raised bite it does not meet the other jaw."
    if antagonist_of(there, fdi) is None:
        return "no tooth of the other jaw stands opposite."
    finding = next((item for item in findings.items if item.fdi == fdi), None)
    reason = impossible(own, finding, stands=True)
    if reason:
        return reason
    wanted = own.model_copy(update={"kind": own.kind or _kind(fdi, finding)})
    biting = biting_surface(there.crown(fdi), np.asarray(there.tooth(fdi).axes[2]))
    lost = np.asarray(findings.arrays.get(f"defect_{fdi}", np.zeros(len(biting)))) > 0
    marked = {**findings.arrays, f"defect_{fdi}": (biting | lost).astype(np.uint8)}
    one = Task(
        there,
        findings.model_copy(update={"arrays": marked}),
        finding or _sound(fdi),
        wanted,
        plan.articulator,
        raised=True,
    )
    built = made(one, plan)
    kept = tuple(check for check in built.restoration.checks if check.check not in _DOES_NOT_HOLD)
    return replace(built, restoration=built.restoration.model_copy(update={"checks": kept}))


def _kind(fdi: int, finding: Finding | None) -> RestorationKind:
    """A prepared tooth gets a crown, a front tooth is built up, a broken one gets an onlay, any other a table-top."""
    if finding is not None and finding.kind == "prepared":
        return "crown"
    if is_anterior(fdi):
        return "rebuild"
    return "onlay" if finding is not None and finding.kind in ("cavity", "fracture") else "tabletop"


def biting_surface(crown: Mesh, up: Floats) -> Mask:
    """Return which vertices of a crown look at the other jaw: those of its upper half that face up, ``(n,) bool``."""
    height = crown.vertices @ up
    middle = (float(height.min()) + float(height.max())) / 2
    return np.asarray((height > middle) & faces_up(crown, up))


def _sound(fdi: int) -> Finding:
    return Finding(
        fdi=fdi,
        kind="wear",
        surfaces=(),
        lost_volume=_NOTHING,
        max_depth=_NOTHING,
        confidence=1.0,
        evidence=(),
        restore=False,
        reason="",
    )


def _told(there: Landscape, findings: Findings, motion: Floats) -> Findings:
    """The findings with the expected forms of the lower teeth where the jaw now stands."""
    shapes = {
        key: mesh.transformed(motion) if jaw_of(int(key.rsplit("_", 1)[-1])) == "lower" else mesh
        for key, mesh in findings.shapes.items()
        if key.startswith("expected_")
    }
    return findings.model_copy(update={"shapes": shapes})


def _with_new(there: Landscape, done: dict[int, Designed], motion: Floats) -> Landscape:
    """The mouth with teeth as they were built up, moved with their jaw."""
    new = {f"crown_{fdi}": one.built.whole.transformed(motion) for fdi, one in done.items()}
    return there.model_copy(update={"shapes": {**there.shapes, **new}})


def _judged_again(there: Landscape, done: dict[int, Designed], motion: Floats) -> dict[int, Designed]:
    """Lower teeth judged against the upper ones as they became, not as they were when these were built up.

    ``motion`` took the lower jaw from where its teeth were built to the raised bite.
    """
    back = np.asarray(np.linalg.inv(motion))
    again: dict[int, Designed] = {}
    stops = list(_stops(done, back))
    for fdi, one in done.items():
        if jaw_of(fdi) != "lower":
            continue
        other = antagonist_of(there, fdi)
        opposing = None if other is None else other.surface.mesh.transformed(back)
        again[fdi] = _against(one, opposing, [stop for stop in stops if _nearest(done, stop) == fdi])
    return again


def _stops(done: dict[int, Designed], back: Floats) -> Iterator[Touch]:
    for fdi, one in done.items():
        for touch in one.restoration.contacts:
            if jaw_of(fdi) == "upper" and touch.name.startswith("stop") and touch.at is not None:
                yield touch.model_copy(update={"other": fdi, "at": _at(touch.at, back)})


def _nearest(done: dict[int, Designed], stop: Touch) -> int:
    """The lower tooth a contact lies on."""
    lower = [fdi for fdi in done if jaw_of(fdi) == "lower"]
    away = [np.linalg.norm(done[fdi].built.whole.vertices - np.asarray(stop.at), axis=1).min() for fdi in lower]
    return lower[int(np.argmin(away))]


def _against(one: Designed, opposing: Mesh | None, stops: list[Touch]) -> Designed:
    from .contact import opposite

    beside = [touch for touch in one.restoration.contacts if not touch.name.startswith("stop")]
    named = [touch.model_copy(update={"name": f"stop {i + 1}"}) for i, touch in enumerate(stops)]
    arranged = one.subject.arranged
    if arranged is not None:
        from .function import ContactMade

        kept = [contact for contact in arranged.contacts if contact.kind == "proximal"]
        new = [ContactMade(kind="incline", **touch.model_dump()) for touch in named]
        arranged = replace(arranged, contacts=(*kept, *new), balance=None)
    subject = replace(one.subject, antagonist=None if opposing is None else opposite(0, opposing), arranged=arranged)
    fresh = all_checks(subject)
    known = {check.check for check in fresh}
    others = [check for check in one.restoration.checks if check.check not in known]
    checks = worst_first([*(c for c in fresh if c.check not in _DOES_NOT_HOLD), *others])
    update = {"checks": checks, "contacts": (*beside, *named)}
    return replace(one, restoration=one.restoration.model_copy(update=update), subject=subject)


def _moved(one: Designed, motion: Transform) -> Designed:
    """A restoration moved with its jaw, with every place and direction in it."""
    restoration = one.restoration
    update: dict[str, Any] = {
        "insertion_axis": _way(restoration.insertion_axis, motion),
        "checks": tuple(check.model_copy(update={"at": _at(check.at, motion)}) for check in restoration.checks),
        "contacts": tuple(touch.model_copy(update={"at": _at(touch.at, motion)}) for touch in restoration.contacts),
    }
    if restoration.preparation is not None:
        axis = _way(restoration.preparation.axis, motion)
        update["preparation"] = restoration.preparation.model_copy(update={"axis": axis})
    built = replace(one.built, body=one.built.body.transformed(motion), whole=one.built.whole.transformed(motion))
    arrays = {
        key: array if array.dtype == np.bool_ else array @ motion[:3, :3].T + motion[:3, 3]
        for key, array in one.arrays.items()
    }
    shapes = {key: mesh.transformed(motion) for key, mesh in one.shapes.items()}
    return Designed(restoration.model_copy(update=update), built, one.subject, shapes, arrays)


def _at(at: Vector | None, motion: Floats) -> Vector | None:
    return None if at is None else vector(motion[:3, :3] @ np.asarray(at) + motion[:3, 3])


def _way(axis: Vector, motion: Floats) -> Vector:
    return vector(motion[:3, :3] @ np.asarray(axis))


def _with_room(one: Designed, raised: Raised) -> Designed:
    room = raised.tooth(one.restoration.fdi)
    said = (
        f"The bite was raised by {raised.raise_mm:g} mm at the {raised.at}; here it opens by {room.opened_mm:.2f} mm,"
        f" of which this tooth takes {room.own_mm:.2f} mm."
    )
    notes = (said, *one.restoration.notes)
    restoration: Restoration = one.restoration.model_copy(update={"notes": notes})
    return replace(one, restoration=restoration)
