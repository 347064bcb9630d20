"""The checks of a form's function: contacts as asked, balance, and a free way past the other jaw."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from oral_architect.reference import find

from ..document import Check, Verdict
from ..estimates import estimate
from .arrangement import Arranged
from .judging import Against, does_not_apply, judged, not_evaluated
from .wanted import ContactMade

MOVEMENTS = ("protrusion", "left", "right")
_BALANCED = 0.35
"""Mean place of the contacts, in half widths, beyond which a person should look at them."""


def function_checks(fdi: int, arranged: Arranged | None, *, in_bite: bool) -> Iterator[Check]:
    """Judge what became of a form's function.

    Parameters
    ----------
    fdi
        The tooth.
    arranged
        Its form as arranged; ``None`` where it was only made to touch and clear.
    in_bite
        Whether a bite and antagonists are known.
    """
    yield from _contacts(fdi, arranged)
    yield from _stops(fdi, arranged, in_bite=in_bite)
    yield from _ways(fdi, arranged, in_bite=in_bite)


def _contacts(fdi: int, arranged: Arranged | None) -> Iterator[Check]:
    met = estimate("contact_strength_met")
    made = {c.name: c for c in arranged.contacts} if arranged else {}
    for side in ("mesial", "distal"):
        name = f"contact asked for, {side}"
        against = Against(met, met.need("value"), "um")
        if arranged is None:
            yield does_not_apply(fdi, name, against, "no strength was asked for; the form keeps the one of the table.")
        elif side not in made:
            yield does_not_apply(fdi, name, against, "no neighbour stands there.")
        else:
            yield _strength(fdi, name, made[side], against)


def _strength(fdi: int, name: str, contact: ContactMade, against: Against) -> Check:
    if contact.made_um is None or contact.at is None:
        return not_evaluated(fdi, name, against, contact.note)
    off = abs(contact.made_um - contact.asked_um)
    verdict: Verdict = "pass" if against.limit is not None and off <= against.limit else "warn"
    note = f"{contact.kind}: {contact.asked_um:.0f} um asked, {contact.made_um:.0f} um made"
    return judged(fdi, name, off, against, verdict, at=np.array(contact.at), note=note)


def _stops(fdi: int, arranged: Arranged | None, *, in_bite: bool) -> Iterator[Check]:
    met, chosen = estimate("contact_strength_met"), estimate("centric_stops", "molar")
    strength, count = Against(met, met.need("value"), "um"), Against(chosen, None, "count")
    balance = Against(chosen, _BALANCED, "half widths")
    names = ("contacts in intercuspation", "strength of contacts in intercuspation", "balance of contacts")
    if arranged is None or not in_bite:
        for name, against in zip(names, (count, strength, balance), strict=True):
            if not in_bite:
                yield not_evaluated(fdi, name, against, "no bite or no antagonist is known.")
            else:
                yield does_not_apply(fdi, name, against, "no contacts were asked for; the form clears the other jaw.")
        return
    stops = [c for c in arranged.contacts if c.kind != "proximal"]
    there = [c for c in stops if c.made_um is not None]
    verdict: Verdict = "pass" if len(there) == len(stops) else "warn"
    note = ", ".join(c.kind for c in there) or "none"
    missing = next((c.note for c in stops if c.made_um is None), "")
    against = Against(chosen, float(len(stops)), "count")
    yield judged(fdi, names[0], float(len(there)), against, verdict, note=f"{note}. {missing}".strip())
    if not there or arranged.balance is None:
        why = "the tooth has no contact in intercuspation."
        yield does_not_apply(fdi, names[1], strength, why)
        yield does_not_apply(fdi, names[2], balance, why)
        return
    worst = max(there, key=lambda c: abs((c.made_um or 0.0) - c.asked_um))
    yield _strength(fdi, names[1], worst, strength)
    off = max(abs(arranged.balance.mesial_distal), abs(arranged.balance.buccal_lingual))
    verdict = "pass" if off <= _BALANCED or len(there) == 1 else "warn"
    note = f"{arranged.balance.mesial_distal:+.2f} mesial, {arranged.balance.buccal_lingual:+.2f} buccal of the middle"
    yield judged(fdi, names[2], off, balance, verdict, note=note)


def _ways(fdi: int, arranged: Arranged | None, *, in_bite: bool) -> Iterator[Check]:
    row = find("clinical_limits", group="contacts", quantity="virtual_contact_tolerance_um")
    against = Against(row, row.need("high"), "um")
    if arranged is None or not in_bite or not arranged.ways_known:
        why = "no bite or no antagonist is known." if not in_bite else "the jaw's movements were not asked for."
        yield not_evaluated(fdi, "in the way of excursions", against, why)
        return
    left = {i.movement: i for i in arranged.after}
    for movement in MOVEMENTS:
        name = f"in the way, {movement}"
        if movement not in left:
            yield judged(fdi, name, 0.0, against, "pass", note="free over the whole way")
            continue
        worst = left[movement]
        verdict: Verdict = "pass" if worst.overlap_um <= row.need("high") else "warn"
        note = f"{worst.way_mm:g} mm on its way"
        yield judged(fdi, name, worst.overlap_um, against, verdict, at=np.array(worst.at), note=note)
