"""The thresholds by which a difference becomes a finding and a finding is restored, as data rows."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files

from oral_architect.errors import ReferenceDataError
from oral_architect.reference import Row


@cache
def rows() -> tuple[Row, ...]:
    """Return all rows of ``thresholds.csv`` with their source and standing."""
    text = (files(__package__) / "thresholds.csv").read_text(encoding="utf-8")
    return tuple(Row("findings/thresholds", cells) for cells in csv.DictReader(text.splitlines()))


@cache
def threshold(name: str, kind: str = "") -> float:
    """Return one threshold in the unit of its row.

    Raises
    ------
    ReferenceDataError
        When there is no such row.
    """
    for row in rows():
        if row.cells["name"] == name and row.cells["kind"] == kind:
            return row.need("value")
    raise ReferenceDataError(f"no threshold '{name}' for '{kind}'", where="findings/thresholds.csv")
