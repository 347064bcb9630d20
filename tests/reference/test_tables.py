"""Every figure the program rests on says where it was read and how well it is known, and its numbers parse."""

from __future__ import annotations

from importlib.resources import files

import pytest

from oral_architect.errors import ReferenceDataError
from oral_architect.reference import Row, find, table

STANDINGS = {"read", "secondary", "recalled", "computed", "measured"}
TABLES = sorted(
    p.name.removesuffix(".csv") for p in files("oral_architect.reference").iterdir() if p.name.endswith("csv")
)
NUMBERS = ("value", "low", "high", "sd")
WORDS = {"1/3", "1a/1b/1c", "3a", "3b"}
"""Cells of a number column that are classes of a guideline, not figures."""


def is_number_column(name: str) -> bool:
    return name in NUMBERS or name.endswith(("_mm", "_mm2"))


def test_the_tables_the_rooms_read_are_there() -> None:
    assert {"clinical_limits", "thickness_limits", "connector_limits", "kinetics", "tissue_properties"} <= set(TABLES)
    assert "tooth_dimensions" in TABLES


@pytest.mark.parametrize("name", TABLES)
def test_every_row_has_a_source_and_a_known_standing(name: str) -> None:
    for row in table(name):
        assert row.source.strip(), row.cells
        told = {column: cell for column, cell in row.cells.items() if column.startswith("standing")}
        assert told
        assert set(told.values()) - {""} <= STANDINGS, row.cells
        assert any(told.values()), row.cells


@pytest.mark.parametrize("name", TABLES)
def test_every_row_has_the_columns_of_its_table_and_numbers_that_parse(name: str) -> None:
    columns = list(table(name)[0].cells)
    for row in table(name):
        assert list(row.cells) == columns
        assert None not in row.cells.values(), "a row is shorter than its header"
        for column in filter(is_number_column, columns):
            if row.cells[column] not in WORDS:
                row.number(column)


@pytest.mark.parametrize("name", TABLES)
def test_ranges_are_the_right_way_round(name: str) -> None:
    pairs = [("low", "high"), ("min_mm", "upper_mm"), ("min_mm2", "upper_mm2")]
    for row in table(name):
        for low, high in pairs:
            if row.cells.get(low) and row.cells.get(high):
                assert row.need(low) <= row.need(high), row.cells


def test_an_empty_cell_is_no_number_and_says_so_when_needed() -> None:
    row = Row("somewhere", {"value": "", "low": "1.5", "source": "x", "standing": "read"})
    assert (row.number("value"), row.number("low"), row.number("absent")) == (None, 1.5, None)
    with pytest.raises(ReferenceDataError, match="is empty") as raised:
        row.need("value")
    assert "somewhere.csv" in raised.value.where


def test_what_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(ReferenceDataError, match="no table 'poems'"):
        table("poems")
    with pytest.raises(ReferenceDataError, match="no row with"):
        find("tooth_dimensions", fdi="99")


def test_the_first_row_that_matches_is_found() -> None:
    assert find("tooth_dimensions", fdi="11").need("md_mm") == 8.5
