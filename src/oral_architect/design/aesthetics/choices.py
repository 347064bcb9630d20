"""Choices of the aesthetic assessment, as data rows with their meaning."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files

from oral_architect.errors import ReferenceDataError
from oral_architect.reference import Row


def choice(name: str) -> float:
    """Return the value of one row of ``choices.csv``.

    Raises
    ------
    ReferenceDataError
        When there is no such row.
    """
    for row in _rows():
        if row.cells["name"] == name:
            return row.need("value")
    raise ReferenceDataError(f"no choice '{name}'", where="design/aesthetics/choices.csv")


@cache
def _rows() -> tuple[Row, ...]:
    text = (files(__package__) / "choices.csv").read_text(encoding="utf-8")
    return tuple(Row("design/aesthetics/choices", cells) for cells in csv.DictReader(text.splitlines()))
