"""What smiles are held against: published figures as data rows, and whether a row may judge at all."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from typing import Literal

from oral_architect.errors import ReferenceDataError
from oral_architect.reference import Row, find

from .document import Norm, Verdict

Rule = Literal["at_most", "within", "compare"]
_RULES = ("at_most", "within", "compare")
_MAY_JUDGE = ("read", "secondary", "measured", "computed")
"""A figure from memory informs; it does not judge."""


def norms(measure: str, site: str = "") -> tuple[Norm, ...]:
    """Return every published figure for a measure.

    Parameters
    ----------
    measure
        Name as in ``norms.csv``.
    site
        Place counted from the midline (``1`` to ``3``) where the figures differ by tooth; empty where they do not.

    Raises
    ------
    ReferenceDataError
        When a row names a limit that is not in the tables, or a rule that is not known.
    """
    return tuple(_norm(row) for row in _rows() if row.cells["measure"] == measure and row.cells["site"] in ("", site))


def judge(value: float | None, known: tuple[Norm, ...]) -> tuple[Verdict, Norm | None]:
    """Return the verdict on a value and the figure that gave it.

    ``at_most`` holds the size of the value against the upper end, ``within`` the value against both ends. Outside is
    ``warn``: these are thresholds of liking, and no source makes one a reason to refuse. Without a figure that may
    judge (its source was read) the verdict is ``information``.
    """
    for norm in known:
        if norm.rule == "compare" or norm.standing not in _MAY_JUDGE or norm.high is None or value is None:
            continue
        inside = abs(value) <= norm.high if norm.rule == "at_most" else (norm.low or 0.0) <= value <= norm.high
        return ("pass" if inside else "warn"), norm
    return "information", None


@cache
def _rows() -> tuple[Row, ...]:
    text = (files(__package__) / "norms.csv").read_text(encoding="utf-8")
    return tuple(Row("design/aesthetics/norms", cells) for cells in csv.DictReader(text.splitlines()))


def _norm(row: Row) -> Norm:
    if row.cells["rule"] not in _RULES:
        raise ReferenceDataError(f"there is no rule '{row.cells['rule']}'", where="design/aesthetics/norms.csv")
    figures = row
    quantity = row.cells["limits_quantity"]
    if quantity:
        figures = find("clinical_limits", group="smile", quantity=quantity, site=row.cells["limits_site"])
    return Norm(
        rule=row.cells["rule"],  # type: ignore[arg-type]
        value=figures.number("value"),
        low=figures.number("low"),
        high=figures.number("high"),
        sd=figures.number("sd"),
        unit=figures.cells["unit"],
        condition=figures.cells["condition"] or quantity.replace("_", " "),
        source=figures.source,
        standing=figures.standing,
    )
