"""Figures of today's machines, as data rows."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files

from oral_architect.errors import ReferenceDataError
from oral_architect.reference import Row


@cache
def machine_figure(quantity: str) -> Row:
    """Return a row of ``machines.csv``.

    Raises
    ------
    ReferenceDataError
        When there is no such row.
    """
    text = (files(__package__) / "machines.csv").read_text(encoding="utf-8")
    for cells in csv.DictReader(text.splitlines()):
        if cells["quantity"] == quantity:
            return Row("export/machines", cells)
    raise ReferenceDataError(f"there is no figure '{quantity}'", where="export/machines.csv")
