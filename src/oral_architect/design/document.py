"""What will be built: restorations, their form, and the checks they passed or failed."""

from __future__ import annotations

from typing import Literal

from oral_architect.case import Document, Record, Vector

Verdict = Literal["pass", "warn", "fail"]
RestorationKind = Literal["rebuild", "onlay", "crown", "pontic"]


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


class Design(Document):
    """All restorations of a mouth."""

    restorations: tuple[Restoration, ...]
    skipped: tuple[str, ...] = ()
    """Sentences: what was left alone and why."""

    @property
    def checks(self) -> tuple[Check, ...]:
        """Every check of every restoration."""
        return tuple(c for r in self.restorations for c in r.checks)
