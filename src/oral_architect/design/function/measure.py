"""What became of a form: contacts made, their balance, and where it gets in the way."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oral_architect.case import vector

from ..form import Form
from .facing import Facing, faces_near, samples_on
from .meet import PATCH_MM, Duty
from .stops import Stop, place_in_crown
from .wanted import Balance, ContactMade, Interference
from .ways import Way

Floats = NDArray[np.float64]


def made_of(first: Form, now: Form, duty: Duty, stops: list[Stop]) -> list[ContactMade]:
    """Measure the contacts of one duty: the least gap of the form in each contact's patch."""
    result = []
    faces = faces_near(now.mesh, duty.facing, now.new, 1.5)
    samples = samples_on(now.mesh, faces, duty.facing, 0.1)
    points, at = samples.of(now.mesh.vertices), samples.of(first.mesh.vertices)
    gap = duty.facing.gap_mm(points)
    able = (samples.of(now.new) > 0.9) & np.isfinite(gap)
    for i, goal in enumerate(duty.goals):
        mine = able if goal.at is None else able & (np.linalg.norm(at - goal.at, axis=1) < PATCH_MM[0])
        made = None
        if mine.any():
            made = int(np.flatnonzero(mine)[np.argmin(gap[mine])])
        result.append(
            ContactMade(
                name=goal.name,
                kind="proximal" if goal.at is None else stops[i].kind,
                other=duty.facing.other.fdi,
                asked_um=1000 * goal.overlap_mm,
                made_um=None if made is None else -1000 * float(gap[made]),
                at=None if made is None else vector(points[made]),
                note="" if made is not None else "Nothing of the new surface comes near enough there.",
            )
        )
    return result


def balance_of(form: Form, axes: Floats, contacts: tuple[ContactMade, ...]) -> Balance | None:
    """Return how the contacts in intercuspation lie about the middle of the tooth; ``None`` without any."""
    at = np.array([c.at for c in contacts if c.kind != "proximal" and c.at is not None])
    if len(at) == 0:
        return None
    off = place_in_crown(form, axes, at).mean(axis=0)
    return Balance(count=len(at), mesial_distal=float(off[0]), buccal_lingual=float(off[1]))


def interferences(form: Form, duties: list[Duty], ways: list[tuple[Way, Facing]]) -> tuple[Interference, ...]:
    """Return the deepest place of each movement in which the form gets in the way."""
    worst: dict[str, Interference] = {}
    for duty, (way, _) in zip(duties, ways, strict=True):
        faces = faces_near(form.mesh, duty.facing, form.new, 0.3)
        if len(faces) == 0:
            continue
        points = samples_on(form.mesh, faces, duty.facing, 0.02).of(form.mesh.vertices)
        gap = duty.facing.gap_mm(points)
        deepest = int(np.argmin(gap))
        overlap_um = -1000 * float(gap[deepest])
        if overlap_um > 0 and overlap_um > (worst[way.movement].overlap_um if way.movement in worst else 0.0):
            worst[way.movement] = Interference(
                movement=way.movement, way_mm=way.way_mm, overlap_um=overlap_um, at=vector(points[deepest])
            )
    return tuple(worst[m] for m in sorted(worst))
