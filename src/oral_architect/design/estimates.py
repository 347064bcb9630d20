"""Estimates and choices of the design room, as data rows with their source."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files

from oral_architect.errors import ReferenceDataError
from oral_architect.reference import Row
from oral_architect.teeth.fdi import is_anterior, is_molar


@cache
def rows(name: str) -> tuple[Row, ...]:
    """Return the rows of ``design/{name}.csv``."""
    text = (files(__package__) / f"{name}.csv").read_text(encoding="utf-8")
    return tuple(Row(f"design/{name}", cells) for cells in csv.DictReader(text.splitlines()))


def estimate(name: str, group: str = "") -> Row:
    """Return one row of ``estimates.csv``.

    Raises
    ------
    ReferenceDataError
        When there is no such row.
    """
    for row in rows("estimates"):
        if row.cells["name"] == name and row.cells["group"] == group:
            return row
    raise ReferenceDataError(f"no estimate '{name}' for '{group}'", where="design/estimates.csv")


def tooth_group(fdi: int) -> str:
    """``anterior``, ``premolar`` or ``molar``."""
    if is_anterior(fdi):
        return "anterior"
    return "molar" if is_molar(fdi) else "premolar"
