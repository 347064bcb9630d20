"""What will be built: restorations, their form, and the checks they passed or failed."""

from __future__ import annotations

from typing import Literal

from oral_architect.case import Document, Matrix4, Record, Vector

Verdict = Literal["pass", "warn", "fail"]
RestorationKind = Literal["rebuild", "onlay", "crown", "pontic", "inlay", "overlay", "veneer", "tabletop", "bridge"]
Policy = Literal["thicken", "reduce", "material", "refuse"]
"""What is done where a material's least thickness cannot be met: thicken outward, reduce the preparation, take another
material, refuse."""


RaisedAt = Literal["incisors", "molars"]
"""Where the amount by which a bite is raised is measured."""


class Check(Record):
    """One clinical check."""

    check: str
    value: float | None
    limit: float | None
    unit: str
    source: str
    standing: str
    verdict: Verdict
    at: Vector | None = None
    """Where to look, patient frame, mm."""
    fdi: int | None = None
    note: str = ""


class Prepared(Record):
    """The preparation a restoration stands on.

    ``design.arrays["finish_line_{fdi}"]`` ``(k, 3) float, mm`` is its finish line, closed, without the repeated first
    point; ``design.arrays["finish_line_sure_{fdi}"]`` ``(k,) bool`` is false where the line was inferred.
    """

    margin: str
    """``shoulder``, ``chamfer``, ``feather`` or ``mixed``."""
    axis: Vector
    """Insertion axis, points occlusally."""
    taper_deg: float
    """Total occlusal convergence."""
    height_mm: float
    undercut_mm: float
    """Deepest undercut against the axis; it is blocked out."""
    reduction_mm: float | None
    """Least clearance to the antagonist; ``None`` without one."""
    sure_share: float
    """Part of the finish line that was seen, 0 to 1."""
    notes: tuple[str, ...] = ()


class Offered(Record):
    """One outer form that was proposed.

    ``design.shapes["proposal_{fdi}_{name}"]`` is its outer form where it differs from the one that was built.
    """

    name: str
    differs: str
    """What differs from the form that was built; empty for that one."""
    why: tuple[str, ...] = ()


class Touch(Record):
    """A contact: what was asked for and what was made. Positive overlaps, negative leaves a gap."""

    name: str
    """``mesial``, ``distal``, ``stop 1`` …"""
    other: int
    """Tooth it is made with; 0 for any of the other jaw."""
    asked_um: float
    made_um: float | None
    at: Vector | None = None
    note: str = ""


class Restoration(Record):
    """One restoration.

    ``design.shapes["restoration_{fdi}"]`` is the closed body of new material, ``design.shapes["restored_{fdi}"]``
    the tooth's whole outer surface afterwards (both patient frame, mm).
    """

    fdi: int
    kind: RestorationKind
    material: str
    volume_mm3: float
    insertion_axis: Vector
    checks: tuple[Check, ...]
    notes: tuple[str, ...] = ()
    form: str = ""
    """Which outer form was built: ``inferred``, ``mirror``, ``library``, ``copy 15``; empty for the expected one."""
    policy: Policy | None = None
    """What was done where the least thickness could not be met; ``None`` where it was not asked for."""
    preparation: Prepared | None = None
    proposals: tuple[Offered, ...] = ()
    contacts: tuple[Touch, ...] = ()
    units: tuple[int, ...] = ()
    """Teeth of a bridge in the order in which they stand, abutments first and last; empty for a single tooth."""
    made_from: str = ""
    """SHA-256 of all it depends on; one that stays the same is not designed again."""


class ToothRoom(Record):
    """Room one tooth gains when the bite is raised."""

    fdi: int
    opened_mm: float
    """How far its biting surface parts from the other jaw, straight across."""
    own_mm: float
    """Its part of that."""


class Raised(Record):
    """A raised bite: what was asked, and how much of it each jaw and tooth got.

    Parameters
    ----------
    raise_mm, at
        What was asked, and where it is measured.
    hinge_deg
        How far the hinge opens.
    lower_moved
        Motion of the lower jaw from its bite, patient frame, mm.
    share_upper
        Part of the room the upper teeth take.
    upper_mm, lower_mm
        What each jaw got of ``raise_mm``.
    teeth
        Room of every tooth, by number.
    """

    raise_mm: float
    at: RaisedAt
    hinge_deg: float
    lower_moved: Matrix4
    share_upper: float
    upper_mm: float
    lower_mm: float
    teeth: tuple[ToothRoom, ...]

    def tooth(self, fdi: int) -> ToothRoom:
        """Return the room of a tooth; raises ``KeyError`` when it is not there."""
        for one in self.teeth:
            if one.fdi == fdi:
                return one
        raise KeyError(fdi)


class Design(Document):
    """All restorations of a mouth.

    Those of a raised bite lie on the teeth as they were scanned; ``raised.lower_moved`` moves the lower jaw and all on
    it into the new bite.
    """

    restorations: tuple[Restoration, ...]
    skipped: tuple[str, ...] = ()
    """Sentences: what was left alone and why."""
    raised: Raised | None = None
    """The new bite, where it was raised."""

    @property
    def checks(self) -> tuple[Check, ...]:
        """Every check of every restoration."""
        return tuple(c for r in self.restorations for c in r.checks)

    def restoration(self, fdi: int) -> Restoration:
        """Return the restoration of a tooth; raises ``KeyError`` when it has none."""
        for one in self.restorations:
            if one.fdi == fdi:
                return one
        raise KeyError(fdi)
