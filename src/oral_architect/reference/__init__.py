"""Clinical limits and material figures as data rows, each with its source and standing."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from oral_architect.errors import ReferenceDataError


@dataclass(frozen=True)
class Row:
    """One row of a table; numbers are ``None`` where the table is silent."""

    table: str
    cells: dict[str, str]

    def number(self, column: str) -> float | None:
        """Return a cell as a number, ``None`` where it is empty.

        Raises
        ------
        ReferenceDataError
            When the cell holds words.
        """
        text = self.cells.get(column, "")
        try:
            return float(text) if text else None
        except ValueError:
            raise ReferenceDataError(
                f"column '{column}' holds '{text}', which is no number", where=f"reference table {self.table}.csv"
            ) from None

    def need(self, column: str) -> float:
        """Return a cell as a number.

        Raises
        ------
        ReferenceDataError
            When the cell is empty.
        """
        number = self.number(column)
        if number is None:
            raise ReferenceDataError(
                f"column '{column}' of {self.cells} is empty", where=f"reference table {self.table}.csv"
            )
        return number

    @property
    def source(self) -> str:
        """Where the figure was read."""
        return self.cells.get("source", "")

    @property
    def standing(self) -> str:
        """How well it is known: read, secondary, recalled, computed, measured; chosen for a setting of a method."""
        return self.cells.get("standing", "")


@cache
def table(name: str) -> tuple[Row, ...]:
    """Return all rows of ``reference/{name}.csv``.

    Raises
    ------
    ReferenceDataError
        When there is no such table.
    """
    path = files(__package__) / f"{name}.csv"
    if not path.is_file():
        raise ReferenceDataError(f"there is no table '{name}'", where=str(path))
    lines = path.read_text(encoding="utf-8").splitlines()
    return tuple(Row(name, row) for row in csv.DictReader(lines))


def find(name: str, **wanted: str) -> Row:
    """Return the first row of a table whose cells equal ``wanted``.

    Raises
    ------
    ReferenceDataError
        When no row matches.
    """
    for row in table(name):
        if all(row.cells.get(k, "") == v for k, v in wanted.items()):
            return row
    raise ReferenceDataError(f"no row with {wanted}", where=f"reference table {name}.csv")
