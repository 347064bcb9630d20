"""Giving a new form its function: contacts of the strength asked for, and a free way past the other jaw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from oral_architect.anatomy.document import Landscape
from oral_architect.geometry import Mask, Mesh, Points
from oral_architect.reference import find
from oral_architect.teeth.fdi import is_anterior

from ..contact import Opposite, antagonist_of, neighbours_of, reach_row
from ..estimates import estimate, tooth_group
from ..form import Form
from .cutting import cut
from .facing import Facing, faces_near, samples_on
from .measure import balance_of, interferences, made_of
from .meet import Duty, Goal, meet
from .stops import Stop, candidates, choose, given
from .wanted import Balance, ContactMade, ContactsWanted, Interference
from .ways import Movements, Way, guides

Floats = NDArray[np.float64]
Side = Literal["mesial", "distal"]

FALL_MM = 1.0
"""Strip along a finish line over which a form becomes free to move."""
_WAY_FULL_MM = 1.0
"""Way after which a tooth that does not guide keeps its full clearance."""
_ON_WAY_MM = 0.5
"""A place of a movement at which the form stays farther away than this is not looked at."""
_TURNED = 0.2
"""A face whose normal turned so far (cosine) has been folded."""


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What a tooth's form touches and passes.

    Parameters
    ----------
    fdi
        The tooth.
    axes
        ``(3, 3) float``: unit rows mesial, buccal, occlusal.
    mesial, distal
        Neighbours.
    antagonist
        The other jaw at rest.
    movements
        How it passes.
    """

    fdi: int
    axes: Floats
    mesial: Opposite | None
    distal: Opposite | None
    antagonist: Opposite | None
    movements: Movements | None

    def sides(self) -> list[tuple[Side, Opposite]]:
        """Return the neighbours that stand."""
        both: list[tuple[Side, Opposite | None]] = [("mesial", self.mesial), ("distal", self.distal)]
        return [(side, other) for side, other in both if other is not None]


@dataclass(frozen=True, eq=False)
class Arranged:
    """A form that works, and what was made of it.

    Parameters
    ----------
    form
        The adapted form.
    contacts
        Asked and made.
    balance
        Of the contacts in intercuspation; ``None`` without any.
    before, after
        Where the first form and this one get in the way of the other jaw, the worst of each movement.
    cut_mm
        How much was cut where bending did not do.
    notes
        Sentences.
    """

    form: Form
    contacts: tuple[ContactMade, ...]
    balance: Balance | None
    before: tuple[Interference, ...]
    after: tuple[Interference, ...]
    cut_mm: float
    notes: tuple[str, ...]
    ways_known: bool = False
    """Whether the other jaw's movements were looked at."""


def surroundings_of(landscape: Landscape, fdi: int, movements: Movements | None = None) -> Surroundings:
    """Gather what a tooth touches and passes; raises ``KeyError`` when the tooth is not there."""
    tooth = landscape.tooth(fdi)
    axes = np.asarray(tooth.axes, dtype=np.float64)
    sides: dict[bool, Opposite] = {}
    for other in neighbours_of(landscape, fdi):
        step = np.asarray(landscape.tooth(other.fdi).centroid_mm) - np.asarray(tooth.centroid_mm)
        sides[bool(step @ axes[0] > 0)] = other
    return Surroundings(fdi, axes, sides.get(True), sides.get(False), antagonist_of(landscape, fdi), movements)


def free_form(outer: Mesh, closed: Mask, finish_line: Points | None = None) -> Form:
    """Return an outer form that may move everywhere but at its base and along its finish line.

    Parameters
    ----------
    outer
        Closed crown, mm.
    closed
        ``(n,) bool``: points that stand for no tooth surface.
    finish_line
        ``(k, 3) mm``: where the form is held.
    """
    from scipy.spatial import cKDTree

    held = outer.vertices[closed]
    if finish_line is not None:
        held = np.concatenate([held, finish_line])
    if len(held) == 0:
        return Form(outer, np.ones(len(outer.vertices)))
    away, _ = cKDTree(held).query(outer.vertices)
    t = np.clip(away / FALL_MM, 0.0, 1.0)
    new = t * t * (3 - 2 * t)
    new[closed] = 0.0
    return Form(outer, new)


def arrange(form: Form, around: Surroundings, wanted: ContactsWanted | None = None) -> Arranged:
    """Adapt a form so that it makes the contacts asked for and clears the other jaw on its ways.

    All contacts are made by one smooth displacement. Where the form still gets in the way of a movement it is not
    wanted to guide, it is bent away as far as the contacts allow, then cut, and this is said.

    Parameters
    ----------
    form
        The form and how free it is (:func:`free_form`).
    around
        What it touches and passes.
    wanted
        Strengths, count, places, guidance.

    Raises
    ------
    SettingsError
        When a strength is outside the range a designer may set.
    """
    asked = wanted or ContactsWanted()
    notes: list[str] = []
    duties, missed = _proximal(form, around, asked)
    beside = [(duty.facing, min((-goal.overlap_mm for goal in duty.goals), default=0.0)) for duty in duties]
    bite, ways = _bite(form, around)
    on_the_way = _ways(around, asked, ways)
    stops: list[Stop] = []
    if bite is not None:
        duty, stops, more = _stops(form, around, asked, bite, [f for _, f in ways])
        duties.append(duty)
        missed += more
    else:
        notes.append("No bite or no antagonist is known; contacts in intercuspation were not made.")
    met = meet(form, [*duties, *on_the_way])
    bent = met.form
    before = interferences(form, on_the_way, ways)
    spared = np.array([s.at for s in stops])
    spared = spared + _moved_at(form, bent, spared) if len(spared) else spared
    bent, cut_mm = cut(bent, [*beside, *((d.facing, min(d.least_mm, 0.0)) for d in on_the_way)], spared)
    after = interferences(bent, on_the_way, ways)
    contacts = (*(made_of(form, bent, d, stops) for d in duties),)
    made = (*(c for group in contacts for c in group), *missed)
    notes += _said(form, bent, cut_mm, before, after)
    within = estimate("contact_strength_met").need("value")
    notes += [
        f"Contact {c.name} could not be made as asked: {c.made_um:.0f} um instead of {c.asked_um:.0f} um."
        for c in made
        if c.made_um is not None and abs(c.made_um - c.asked_um) > within
    ]
    balance = balance_of(form, around.axes, made)
    known = bite is not None and around.movements is not None
    return Arranged(bent, made, balance, before, after, cut_mm, tuple(notes), known)


def touching(form: Form, facing: Facing) -> Points:
    """Return the places where a form touches what it faces, ``(k, 3) mm``, one of each patch, the deepest first.

    Two surfaces touch within the virtual contact tolerance (``clinical_limits.csv``).
    """
    touch_mm = find("clinical_limits", group="contacts", quantity="virtual_contact_tolerance_um").need("high") / 1000
    faces = faces_near(form.mesh, facing, form.new, 0.3)
    if len(faces) == 0:
        return np.zeros((0, 3))
    points = samples_on(form.mesh, faces, facing, 0.05).of(form.mesh.vertices)
    gap = facing.gap_mm(points)
    index = np.flatnonzero(gap < touch_mm)
    found: list[Floats] = []
    apart = estimate("stop_apart").need("value") / 2
    for i in index[np.argsort(gap[index], kind="stable")]:
        if all(float(np.linalg.norm(points[i] - p)) > apart for p in found):
            found.append(points[i])
    return np.array(found).reshape(-1, 3)


def _proximal(form: Form, around: Surroundings, asked: ContactsWanted) -> tuple[list[Duty], list[ContactMade]]:
    duties: list[Duty] = []
    missed: list[ContactMade] = []
    reach = reach_row().need("value")
    for side, other in around.sides():
        strength = asked.strength_mm(side)
        facing = Facing(side, other)
        least = float(np.where(form.new > 0.9, facing.gap_mm(form.mesh.vertices), np.inf).min())
        if least <= reach:
            duties.append(Duty(facing, (Goal(side, strength),), -strength))
            continue
        note = f"{other.fdi} stands more than {reach:g} mm away; no contact is built."
        missed.append(
            ContactMade(
                name=side, kind="proximal", other=other.fdi, asked_um=1000 * strength, made_um=None, at=None, note=note
            )
        )
    return duties, missed


def _bite(form: Form, around: Surroundings) -> tuple[Facing | None, list[tuple[Way, Facing]]]:
    """Return the other jaw at rest, and at the places of its ways where it comes near."""
    if around.antagonist is None:
        return None, []
    bite = Facing("bite", around.antagonist)
    if around.movements is None:
        return bite, []
    points = form.mesh.vertices[form.new > 0]
    passing = around.movements.facings(around.fdi, around.antagonist)
    return bite, [(w, f) for w, f in passing if float(f.gap_mm(points).min(initial=np.inf)) < _ON_WAY_MM]


def _stops(
    form: Form, around: Surroundings, asked: ContactsWanted, bite: Facing, ways: list[Facing]
) -> tuple[Duty, list[Stop], list[ContactMade]]:
    """Choose the contacts in intercuspation and say which could not be found."""
    strength = asked.strength_mm("bite")
    count = asked.stops
    if count is None:
        count = len(asked.at) or round(estimate("centric_stops", tooth_group(around.fdi)).need("value"))
    apart = estimate("keep_apart").need("value")
    if asked.at:
        stops = [given(form, around.axes, around.fdi, np.array(p), bite, ways) for p in asked.at[:count]]
    elif count:
        stops = choose(candidates(form, around.axes, around.fdi, bite, ways), count, strength)
    else:
        stops = []
    goals = tuple(Goal(f"stop {i + 1}", strength, s.at) for i, s in enumerate(stops))
    missed = [
        ContactMade(
            name=f"stop {i + 1}",
            kind="incisal edge" if is_anterior(around.fdi) else "fossa",
            other=0,
            asked_um=1000 * strength,
            made_um=None,
            at=None,
            note="No further place of the form is near enough to the other jaw and apart from the other contacts.",
        )
        for i in range(len(stops), count)
    ]
    return Duty(bite, goals, max(apart, -strength)), stops, missed


def _ways(around: Surroundings, asked: ContactsWanted, ways: list[tuple[Way, Facing]]) -> list[Duty]:
    clear = estimate("glide_clear").need("value")
    duties = []
    for way, facing in ways:
        guided = guides(around.fdi, way.movement, asked)
        least = 0.0 if guided else clear * min(1.0, way.way_mm / _WAY_FULL_MM)
        duties.append(Duty(facing, (), least, soft=True))
    return duties


def _moved_at(before: Form, after: Form, points: Points) -> Floats:
    from scipy.spatial import cKDTree

    _, nearest = cKDTree(before.mesh.vertices).query(points)
    return np.asarray((after.mesh.vertices - before.mesh.vertices)[nearest])


def _said(
    before: Form, after: Form, cut_mm: float, was: tuple[Interference, ...], now: tuple[Interference, ...]
) -> list[str]:
    notes = []
    moved = float(np.linalg.norm(after.mesh.vertices - before.mesh.vertices, axis=1).max(initial=0.0))
    if moved > 0.005:
        notes.append(f"The form was bent by up to {moved:.2f} mm to make its contacts and to clear the other jaw.")
    if was:
        worst = max(was, key=lambda i: i.overlap_um)
        left = max((i.overlap_um for i in now), default=0.0)
        notes.append(
            f"It stood in the way by {worst.overlap_um:.0f} um ({worst.movement}); now by {max(left, 0.0):.0f} um."
        )
    if cut_mm > 0.005:
        notes.append(f"Up to {cut_mm:.2f} mm was cut where bending did not clear the way.")
    folded = int(((before.mesh.face_normals * after.mesh.face_normals).sum(axis=1) < _TURNED).sum())
    if folded:
        notes.append(f"{folded} faces were turned over by bending; look at the form.")
    return notes


__all__ = ["Arranged", "Surroundings", "arrange", "free_form", "surroundings_of", "touching"]
