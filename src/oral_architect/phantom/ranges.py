"""Ranges that phantoms draw from, read from the tables of this room."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files

import numpy as np

from oral_architect.errors import ReferenceDataError
from oral_architect.reference import Row


@cache
def rows(table: str) -> tuple[Row, ...]:
    """Return all rows of ``phantom/{table}.csv``.

    Raises
    ------
    ReferenceDataError
        When there is no such table.
    """
    path = files(__package__) / f"{table}.csv"
    if not path.is_file():
        raise ReferenceDataError(f"there is no table '{table}'", where=str(path))
    return tuple(Row(table, row) for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


@cache
def span(kind: str, quantity: str, table: str = "damage_ranges") -> tuple[float, float]:
    """Return the lowest and highest value of a quantity, in the unit of its row; equal where the row has one.

    Raises
    ------
    ReferenceDataError
        When no row matches.
    """
    for row in rows(table):
        if row.cells["kind"] == kind and row.cells["quantity"] == quantity:
            low = row.need("low")
            high = row.number("high")
            return low, low if high is None else high
    raise ReferenceDataError(f"no row for {kind} {quantity}", where=f"phantom table {table}.csv")


def draw(rng: np.random.Generator, kind: str, quantity: str) -> float:
    """Draw evenly from the range of a quantity."""
    return float(rng.uniform(*span(kind, quantity)))


def by_severity(rng: np.random.Generator, kind: str, quantity: str, severity: float) -> float:
    """Draw near the place in the range that a severity of 0 to 1 points at."""
    low, high = span(kind, quantity)
    return float(low + (high - low) * np.clip(severity + rng.uniform(-0.08, 0.08), 0, 1))
