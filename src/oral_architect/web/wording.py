"""Plain words for people: the name of a tooth, the length of a session, the case in three sentences."""

from __future__ import annotations

import math
from collections import Counter

from oral_architect.anatomy.document import Landscape
from oral_architect.design.document import Design
from oral_architect.findings.document import Findings
from oral_architect.programme.document import Programme
from oral_architect.teeth.fdi import is_left, jaw_of
from oral_architect.twin.document import Prediction

PERMANENT_NAMES = (
    "central incisor",
    "lateral incisor",
    "canine",
    "first premolar",
    "second premolar",
    "first molar",
    "second molar",
    "third molar",
)
DECIDUOUS_NAMES = ("central incisor", "lateral incisor", "canine", "first molar", "second molar")


def tooth_name(fdi: int) -> str:
    """Return the English name of a tooth: 16 is the upper right first molar, 19 a supernumerary tooth beside it."""
    if fdi % 10 == 9:
        return f"{jaw_of(fdi)} {'left' if is_left(fdi) else 'right'} supernumerary tooth"
    deciduous = fdi // 10 >= 5
    kind = (DECIDUOUS_NAMES if deciduous else PERMANENT_NAMES)[fdi % 10 - 1]
    side = "left" if is_left(fdi) else "right"
    return f"{jaw_of(fdi)} {side} {'deciduous ' if deciduous else ''}{kind}"


def duration(seconds: float) -> str:
    """Return a length of time as one would say it: 45 s, 12 min, 1 h 05 min."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = math.floor(seconds / 60 + 0.5)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def summary(
    landscape: Landscape,
    findings: Findings | None,
    design: Design | None,
    programme: Programme | None,
    prediction: Prediction | None,
) -> list[str]:
    """Return the case in a few sentences, the most important first."""
    return [
        line
        for line in (
            _what_is_there(landscape),
            _what_was_found(findings),
            _what_is_proposed(design),
            _what_is_predicted(programme, prediction),
        )
        if line
    ]


def _what_is_there(landscape: Landscape) -> str:
    jaws = " and ".join(a.jaw for a in landscape.arches)
    missing = [f for a in landscape.arches for f in a.missing]
    gap = f"; not there: {_numbers(missing)}" if missing else ""
    return f"{_count(len(landscape.teeth), 'tooth', 'teeth')} on the {jaws} arch{gap}."


def _what_was_found(findings: Findings | None) -> str:
    items = findings.items if findings else ()
    if not items:
        return "Nothing was found that needs restoring."
    kinds = Counter(i.kind for i in items)
    told = ", ".join(f"{n} × {k}" for k, n in kinds.items())
    return f"{_count(len(items), 'finding', 'findings')} ({told})."


def _what_is_proposed(design: Design | None) -> str:
    if not design or not design.restorations:
        return ""
    verdicts = Counter(c.verdict for c in design.checks)
    checks = f"{verdicts['pass']} of {len(design.checks)} checks pass"
    if verdicts["warn"]:
        checks += f", {verdicts['warn']} to look at"
    if verdicts["fail"]:
        checks += f", {verdicts['fail']} failed"
    kinds = ", ".join(f"{r.kind} on {r.fdi}" for r in design.restorations)
    return f"Proposed: {kinds}; {checks}."


def _what_is_predicted(programme: Programme | None, prediction: Prediction | None) -> str:
    parts = []
    if programme and programme.timeline:
        parts.append(f"the session takes {duration(programme.session_s)}")
    if prediction and prediction.teeth:
        worst = max(prediction.teeth, key=lambda t: t.pulp_rise_c.value - t.pulp_rise_limit_c)
        parts.append(
            f"the pulp of {worst.fdi} warms by {worst.pulp_rise_c.value:.1f} ± {worst.pulp_rise_c.sd:.1f} °C"
            f" (limit {worst.pulp_rise_limit_c:.1f} °C)"
        )
    return f"Predicted: {'; '.join(parts)}." if parts else ""


def _count(n: int, one: str, many: str) -> str:
    return f"{n} {one if n == 1 else many}"


def _numbers(teeth: list[int]) -> str:
    return ", ".join(str(t) for t in teeth)
