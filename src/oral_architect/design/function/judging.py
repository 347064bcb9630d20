"""How a clinical check is written down: value, limit, source, verdict, and a place to look at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oral_architect.case import vector
from oral_architect.reference import Row

from ..document import Check, Verdict

Floats = NDArray[np.float64]

NOT_EVALUATED = "Not evaluated: "
DOES_NOT_APPLY = "Does not apply: "
_ORDER = {"fail": 0, "warn": 1, "pass": 3}
_MARKS = {"fail": "FAIL", "warn": "LOOK", "pass": "ok"}
GEOMETRY = Row("", {"source": "geometry", "standing": "computed"})


@dataclass(frozen=True)
class Against:
    """What a value is held against: the data row, the limit taken from it, its unit."""

    row: Row | None
    limit: float | None
    unit: str


def judged(
    fdi: int,
    name: str,
    value: float | None,
    against: Against,
    verdict: Verdict,
    *,
    at: Floats | None = None,
    note: str = "",
) -> Check:
    """Write a check down."""
    row = against.row
    return Check(
        check=name,
        value=None if value is None else float(value),
        limit=against.limit,
        unit=against.unit,
        source=row.source if row else "none published",
        standing=row.standing if row else "none",
        verdict=verdict,
        at=None if at is None else vector(at),
        fdi=fdi,
        note=note,
    )


def not_evaluated(fdi: int, name: str, against: Against, why: str) -> Check:
    """Say that a check could not be carried out, and why: something for a person to look at."""
    return judged(fdi, name, None, against, "warn", note=f"{NOT_EVALUATED}{why}")


def does_not_apply(fdi: int, name: str, against: Against, why: str) -> Check:
    """Say that a check has nothing to judge here, and why."""
    return judged(fdi, name, None, against, "pass", note=f"{DOES_NOT_APPLY}{why}")


def worst_first(checks: Iterable[Check]) -> tuple[Check, ...]:
    """Sort checks: failed, to look at, not evaluated, passed, without anything to judge; within each as they came."""
    return tuple(sorted(checks, key=_rank))


def summary(checks: Iterable[Check]) -> str:
    """Write checks as a list to be read in one glance, the worst first, one line each."""
    ordered = worst_first(checks)
    counts = {verdict: sum(c.verdict == verdict for c in ordered) for verdict in _ORDER}
    head = f"{counts['fail']} failed, {counts['warn']} to look at, {counts['pass']} passed"
    wide = max((len(_named(c)) for c in ordered), default=0)
    return "\n".join([head, *(_line(c, wide) for c in ordered)])


def _rank(check: Check) -> int:
    rank = _ORDER[check.verdict]
    if check.note.startswith(NOT_EVALUATED):
        return rank + 1
    return rank + (1 if check.note.startswith(DOES_NOT_APPLY) else 0)


def _named(check: Check) -> str:
    return f"{check.fdi} {check.check}" if check.fdi is not None else check.check


def _line(check: Check, wide: int) -> str:
    value = "-" if check.value is None else f"{check.value:.4g} {check.unit}"
    limit = "" if check.limit is None else f"limit {check.limit:g} {check.unit} ({check.source}; {check.standing})"
    place = "" if check.at is None else "at {:.1f} {:.1f} {:.1f}".format(*check.at)
    parts = [f"{_MARKS[check.verdict]:4}", f"{_named(check):{wide}}", f"{value:>12}", limit, place, check.note]
    return "  ".join(part for part in parts if part).rstrip()
