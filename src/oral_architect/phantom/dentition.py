"""Draw which teeth a jaw holds: a child's changing dentition, milk teeth kept, teeth too many or half erupted."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from typing import Literal

import numpy as np

from oral_architect.teeth import fdi as numbers
from oral_architect.teeth.supernumerary import Form

from .ranges import rows

Rng = np.random.Generator
Where = Literal["between", "lingual", "buccal", "behind"]

# What follows are choices unless a table is named: how teeth vary around the ages of the chart, how fast they rise.
_MOUTH_YEARS, _PLACE_YEARS, _TOOTH_YEARS = 0.6, 0.35, 0.2
"""Spread of eruption ages between mouths, between teeth of a mouth, between twins."""
_RISE_YEARS = 0.6, 1.3
"""From emergence to full height."""
_HIDDEN = 0.6
"""A crown sunk deeper than this share of its height does not show."""
_DOUBLE_ROW = 0.35
"""Share of front milk teeth not shed in time whose successor comes through beside them."""
_LOST_EARLY = 0.04
"""Share of milk teeth lost to decay."""
_RETAINED_PLACES = {5: 0.62, 3: 0.25, 2: 0.08, 4: 0.05}
"""Second milk molars without a successor are kept most often, then canines whose successors are astray."""
_EXTRA_FORMS: dict[str, dict[Form, float]] = {
    "upper": {"conical": 0.5, "lateral": 0.2, "molariform": 0.2, "premolar": 0.1},
    "lower": {"premolar": 0.5, "molariform": 0.25, "lateral": 0.2, "conical": 0.05},
}
"""Mesiodentes are about half of all teeth too many; those of the lower jaw are mostly premolars (orders of textbooks,
recalled; the shares are a choice)."""


@dataclass(frozen=True)
class Slot:
    """One of the sixteen places of a row."""

    fdi: int
    """The tooth in it: permanent or milk tooth."""
    present: bool = True
    closed: bool = False
    """Whether the place has closed, when absent."""
    sunk: float = 0.0
    """Share of the crown still under the gingiva."""
    beside: int | None = None
    """The successor that has come through beside the milk tooth."""
    beside_side: int = -1
    """1 buccal, -1 lingual."""
    beside_sunk: float = 0.0
    worn: float = 0.0
    """How much of the crown's height has been worn flat, as a share."""
    gap_mm: float = 0.0
    """Space to the mesial neighbour."""


@dataclass(frozen=True)
class Extra:
    """A tooth too many."""

    fdi: int
    form: Form
    where: Where
    slot: int
    """Index of the place that is distal of it (between), or that it stands beside or behind."""
    sunk: float = 0.0


@dataclass(frozen=True)
class Dentition:
    """Which teeth stand in one jaw."""

    slots: tuple[Slot, ...]
    """Sixteen, from the patient's right to left."""
    is_child: bool = False
    extras: tuple[Extra, ...] = field(default=())

    @property
    def gone(self) -> set[int]:
        """Teeth of the row that are absent."""
        return {s.fdi for s in self.slots if not s.present}

    @property
    def closed(self) -> set[int]:
        """Absent teeth whose places have closed."""
        return {s.fdi for s in self.slots if not s.present and s.closed}

    def without(self, gone: set[int], closed: set[int]) -> Dentition:
        """Return the dentition with teeth taken out; the places of those in ``closed`` have closed."""
        slots = [replace(s, present=False, closed=s.fdi in closed) if s.fdi in gone else s for s in self.slots]
        return replace(self, slots=tuple(slots))


@cache
def _age(fdi: int, event: Literal["emerges", "shed"]) -> float:
    """Middle of the chart's range, years."""
    right = numbers.mirror(fdi) if numbers.is_left(fdi) else fdi
    row = next(r for r in rows("eruption_ages") if r.cells["fdi"] == str(right))
    return (row.need(f"{event}_from_years") + row.need(f"{event}_to_years")) / 2


def child(row: tuple[int, ...], age_years: float, rng: Rng) -> Dentition:
    """Draw the dentition of a child.

    Parameters
    ----------
    row
        The jaw's permanent teeth from right to left.
    age_years
        From about 3, when the last milk tooth is through.
    rng
        Source of chance.
    """
    mouth = _MOUTH_YEARS * rng.standard_normal()
    by_place = {p: _PLACE_YEARS * rng.standard_normal(2) for p in range(1, 9)}
    slots = []
    for tooth in row:
        place = numbers.position(tooth)
        shift = mouth + by_place[place] + _TOOTH_YEARS * rng.standard_normal(2)
        since = age_years - (_age(tooth, "emerges") + float(shift[0]))
        milk = numbers.predecessor(tooth)
        kept = milk is not None and age_years < _age(milk, "shed") + float(shift[1])
        slots.append(_child_slot(tooth, milk if kept else None, since, age_years, rng))
    return Dentition(tuple(_spaced(slots, age_years, rng)), is_child=True)


def _child_slot(tooth: int, milk: int | None, since: float, age_years: float, rng: Rng) -> Slot:
    """One place, ``since`` years after its permanent tooth came through (negative: before)."""
    sunk = float(np.clip(0.85 * (1 - since / rng.uniform(*_RISE_YEARS)), 0, 1))
    double, lost = rng.random() < _DOUBLE_ROW, rng.random() < _LOST_EARLY
    wear = float(rng.uniform(0, 0.25) * min(age_years / 8, 1))
    through = since > 0 and sunk < _HIDDEN
    if milk is not None and through and double and numbers.position(tooth) <= 3:
        side = -1 if numbers.position(tooth) <= 2 else int(rng.choice([-1, 1]))
        return Slot(milk, beside=tooth, beside_side=side, beside_sunk=max(sunk, 0.2), worn=wear)
    if through:
        return Slot(tooth, sunk=sunk)
    if milk is not None and not lost:
        return Slot(milk, worn=wear)
    closed = numbers.position(tooth) >= 7 or (numbers.position(tooth) == 6 and since < -1.5)
    return Slot(tooth, present=False, closed=closed or (lost and rng.random() < 0.2))


def _spaced(slots: list[Slot], age_years: float, rng: Rng) -> list[Slot]:
    """Give milk teeth their spaces: primate (upper mesial, lower distal of the canine) and between the incisors.

    The gap between upper permanent incisors that closes when the canines come is drawn too.
    """
    primate = rng.uniform(0.3, 2.0) * (rng.random() < 0.7)
    open_front = rng.random() < 0.6
    midline = rng.uniform(0.2, 2.5) * (rng.random() < 0.5)
    out = []
    for slot in slots:
        place, gap = numbers.position(slot.fdi), 0.0
        own = rng.uniform(0, 1.2)
        if numbers.is_deciduous(slot.fdi):
            if place == (3 if numbers.jaw_of(slot.fdi) == "upper" else 4):
                gap = primate * rng.uniform(0.7, 1.0)
            elif place <= 3 and open_front:
                gap = own
        elif place == 1 and numbers.jaw_of(slot.fdi) == "upper" and age_years < 11:
            gap = midline
        out.append(replace(slot, gap_mm=float(gap)))
    middle = len(out) // 2
    out[middle - 1] = replace(out[middle - 1], gap_mm=out[middle].gap_mm)
    return out


def grown(row: tuple[int, ...]) -> Dentition:
    """Return the dentition of a grown mouth: every permanent tooth."""
    return Dentition(tuple(Slot(t) for t in row))


def with_retained(dentition: Dentition, rng: Rng) -> Dentition:
    """Put one milk tooth, sometimes its twin too, in the place of its missing or astray successor."""
    places = list(_RETAINED_PLACES)
    place = int(rng.choice(places, p=list(_RETAINED_PLACES.values())))
    sides = [True, False] if rng.random() < 0.3 else [bool(rng.random() < 0.5)]
    slots = []
    for slot in dentition.slots:
        milk = numbers.predecessor(slot.fdi)
        if milk is None or numbers.position(milk) != place or numbers.is_left(milk) not in sides:
            slots.append(slot)
            continue
        new = Slot(milk, worn=float(rng.uniform(0.1, 0.4)), sunk=float(rng.choice([0, rng.uniform(0, 0.3)])))
        if place == 3 and rng.random() < 0.5:
            new = replace(
                new, beside=slot.fdi, beside_side=int(rng.choice([-1, 1])), beside_sunk=float(rng.uniform(0.1, 0.6))
            )
        slots.append(new)
    return replace(dentition, slots=tuple(slots))


def with_half_erupted(dentition: Dentition, rng: Rng) -> Dentition:
    """Sink one or two permanent teeth that often come through late or halfway."""
    late = [
        k
        for k, s in enumerate(dentition.slots)
        if s.present and s.sunk == 0 and numbers.is_permanent(s.fdi) and numbers.position(s.fdi) in (3, 5, 7, 8)
    ]
    slots = list(dentition.slots)
    for k in rng.permutation(late)[: int(rng.integers(1, 3))]:
        slots[k] = replace(slots[k], sunk=float(rng.uniform(0.15, _HIDDEN)))
    return replace(dentition, slots=tuple(slots))


def with_extra(dentition: Dentition, rng: Rng) -> Dentition:
    """Add a tooth too many, now and then a pair."""
    jaw = numbers.jaw_of(dentition.slots[0].fdi)
    shares = _EXTRA_FORMS[jaw]
    forms: list[Form] = [f for f in shares if not (dentition.is_child and f in ("molariform", "premolar"))]
    weight = np.array([shares[f] for f in forms])
    form = forms[int(rng.choice(len(forms), p=weight / weight.sum()))]
    sides = [True, False] if rng.random() < 0.2 else [bool(rng.random() < 0.5)]
    for left in sides:
        dentition = _one_extra(dentition, form, left, rng)
    return dentition


def _one_extra(dentition: Dentition, form: Form, left: bool, rng: Rng) -> Dentition:
    slots = list(dentition.slots)
    middle = len(slots) // 2
    at = {p: (middle + p - 1 if left else middle - p) for p in range(1, 9)}
    upper = numbers.jaw_of(slots[0].fdi) == "upper"
    fdi = (2 if left else 1) * 10 + 9 if upper else (3 if left else 4) * 10 + 9
    in_row = rng.random() < (0.7 if form == "lateral" else 0.35)
    where: Where = "between" if in_row else "lingual"
    place = {"conical": 1, "lateral": 3, "premolar": 5, "molariform": 7}[form]
    if form == "molariform":
        last = max((p for p in at if slots[at[p]].present), default=7)
        where = "behind" if rng.random() < 0.5 else ("buccal" if rng.random() < 0.6 else "lingual")
        place = last if where == "behind" else min(last, 7)
    if where == "between" and any(e.where == "between" and form == "conical" for e in dentition.extras):
        where = "lingual"  # there is one middle
    extra = Extra(fdi, form, where, at[place], sunk=float(rng.choice([0.0, rng.uniform(0, 0.5)])))
    return replace(dentition, extras=(*dentition.extras, extra))
