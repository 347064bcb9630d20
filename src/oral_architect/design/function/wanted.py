"""What is asked of a tooth's function, and what came of it."""

from __future__ import annotations

from typing import Literal

import numpy as np

from oral_architect.case import Record, Settings, Vector
from oral_architect.errors import SettingsError

from ..contact import occlusal_row, proximal_row, strength_row

StopKind = Literal["cusp tip", "fossa", "marginal ridge", "incisal edge", "incline"]
ContactKind = Literal["proximal", "cusp tip", "fossa", "marginal ridge", "incisal edge", "incline"]
Guidance = Literal["canine", "group", "none"]


class ContactsWanted(Settings):
    """Contacts and guidance of one tooth. Strengths in µm: positive overlaps, negative leaves a gap.

    What is left out comes from ``clinical_limits.csv`` and ``design/estimates.csv``.
    """

    mesial_um: float | None = None
    distal_um: float | None = None
    occlusal_um: float | None = None
    stops: int | None = None
    """Contacts in intercuspation; 0 keeps the tooth out of contact."""
    at: tuple[Vector, ...] = ()
    """Places of the contacts in intercuspation, patient frame, mm; found when left out."""
    guidance: Guidance = "canine"
    """Which teeth of the working side may guide to the side: the canine, all of them, or not this tooth."""
    anterior_guidance: bool = True
    """Whether incisors and canines may guide forward."""

    def strength_mm(self, side: Literal["mesial", "distal", "bite"]) -> float:
        """Return the strength asked for, mm.

        Raises
        ------
        SettingsError
            When it lies outside the range a designer may set.
        """
        own = {"mesial": self.mesial_um, "distal": self.distal_um, "bite": self.occlusal_um}[side]
        row = occlusal_row() if side == "bite" else proximal_row()
        um = row.need("value") if own is None else own
        allowed = strength_row()
        if not (np.isfinite(um) and allowed.need("low") <= um <= allowed.need("high")):
            raise SettingsError(
                f"a contact strength of {um:g} um was asked for",
                where=f"{side} contact",
                todo=f"Give {allowed.need('low'):g} to {allowed.need('high'):g} um ({allowed.source}).",
            )
        return um / 1000


class ContactMade(Record):
    """One contact: what was asked, what was made."""

    name: str
    """``mesial``, ``distal``, ``stop 1`` …"""
    kind: ContactKind
    other: int
    """Tooth it is made with; 0 for any of the other jaw."""
    asked_um: float
    made_um: float | None
    """``None`` where it could not be made."""
    at: Vector | None
    note: str = ""


class Balance(Record):
    """How the contacts in intercuspation lie about the middle of the tooth."""

    count: int
    mesial_distal: float
    """Mean place, in half widths of the crown; positive is mesial."""
    buccal_lingual: float
    """The same; positive is buccal."""


class Interference(Record):
    """A place where the form gets in the way of the other jaw."""

    movement: str
    way_mm: float
    overlap_um: float
    at: Vector
