"""Figures of a visit that no device and no tooth gives, as data rows."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files

from oral_architect.errors import ReferenceDataError
from oral_architect.reference import Row


@cache
def visit_figure(quantity: str) -> Row:
    """Return a row of ``visit.csv``.

    Raises
    ------
    ReferenceDataError
        When there is no such row.
    """
    text = (files(__package__) / "visit.csv").read_text(encoding="utf-8")
    for cells in csv.DictReader(text.splitlines()):
        if cells["quantity"] == quantity:
            return Row("schedule/visit", cells)
    raise ReferenceDataError(f"there is no figure '{quantity}'", where="schedule/visit.csv")
