"""Shade tables as data: what each tab measures, with which instrument, under which light, and who says so."""

from __future__ import annotations

import csv
import io
import json
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, FiniteFloat, ValidationError

from oral_architect.case import Record
from oral_architect.errors import InputError

Lab = tuple[FiniteFloat, FiniteFloat, FiniteFloat]
CONDITIONS = ("device", "geometry", "illuminant", "observer", "backing", "source")
"""What every measurement must say, for two of them to be compared at all."""
_COLUMNS = ("tab", "L", "a", "b", "sd", *CONDITIONS)
_SYNTHETIC = "synthetic"


class ShadeTab(Record):
    """One tab of a shade guide."""

    tab: str = Field(min_length=1)
    layer: Literal["", "dentine", "enamel"] = ""
    """Which layer it is meant for; empty for a shade of the whole tooth."""
    L: Annotated[FiniteFloat, Field(ge=0, le=100)]
    a: Annotated[FiniteFloat, Field(ge=-60, le=60)]
    b: Annotated[FiniteFloat, Field(ge=-60, le=80)]
    sd: Annotated[FiniteFloat, Field(ge=0)]
    """Standard deviation of repeated measurements, CIEDE2000."""

    @property
    def lab(self) -> tuple[float, float, float]:
        """CIELAB."""
        return (self.L, self.a, self.b)


class ShadeTable(Record):
    """A shade guide as one instrument sees it."""

    name: str
    device: str = Field(min_length=1)
    geometry: str = Field(min_length=1)
    """Of illumination and view, such as ``45/0`` or ``d/8 SCE``."""
    illuminant: str = Field(min_length=1)
    observer: str = Field(min_length=1)
    backing: str = Field(min_length=1)
    source: str = Field(min_length=1)
    """Where the figures come from: a DOI, or the clinic's own calibration with its date."""
    tabs: Annotated[tuple[ShadeTab, ...], Field(min_length=1)]

    @property
    def synthetic(self) -> bool:
        """Whether the figures are invented."""
        return _SYNTHETIC in f"{self.source} {self.device}".lower()

    def of_layer(self, layer: Literal["dentine", "enamel"]) -> tuple[ShadeTab, ...]:
        """The tabs meant for a layer; all where the table does not tell layers apart."""
        own = tuple(t for t in self.tabs if t.layer == layer)
        return own or tuple(t for t in self.tabs if not t.layer)


def read_shades(path: Path) -> ShadeTable:
    """Read a clinic's own shade table.

    CSV with the columns ``tab, L, a, b, sd, device, geometry, illuminant, observer, backing, source`` and perhaps
    ``layer``; or JSON with the conditions once and a list ``tabs``.

    Raises
    ------
    InputError
        When it cannot be read, a column or condition is missing, a figure is none, a tab comes twice, or the rows of a
        CSV were measured under different conditions.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(
            f"the shade table cannot be read ({error.strerror}).", where=str(path), todo="Check the path."
        ) from None
    except UnicodeDecodeError:
        raise InputError("this is no text.", where=str(path), todo="Save the table as UTF-8.") from None
    plain = _from_json(text, path) if path.suffix.lower() == ".json" else _from_csv(text, path)
    return _table(plain, path.stem, str(path), rows_from=1 if path.suffix.lower() == ".json" else 2)


def demo_shades() -> ShadeTable:
    """Return the demonstration table: invented figures that stand for no product."""
    text = (files(__package__) / "demo_shades.csv").read_text(encoding="utf-8")
    where = Path("demo_shades.csv")
    return _table(_from_csv(text, where), "demo (synthetic)", str(where), rows_from=2)


def _from_json(text: str, path: Path) -> dict[str, Any]:
    try:
        plain = json.loads(text)
    except ValueError as error:
        raise InputError(f"this is no JSON ({error}).", where=str(path), todo="Check the file.") from None
    if not isinstance(plain, dict):
        raise InputError("a shade table is one JSON object.", where=str(path), todo='Begin with {"device": …}.')
    return plain


def _from_csv(text: str, path: Path) -> dict[str, Any]:
    reader = csv.DictReader(io.StringIO(text))
    names = [name.strip() for name in reader.fieldnames or ()]
    missing = [name for name in _COLUMNS if name not in names]
    if missing:
        raise InputError(
            f"the column{'s' if len(missing) > 1 else ''} {', '.join(missing)} {'are' if len(missing) > 1 else 'is'} "
            "missing.",
            where=str(path),
            todo=f"Use the columns {', '.join(_COLUMNS)}.",
        )
    reader.fieldnames = names
    rows = [{k: (v or "").strip() for k, v in row.items() if k is not None} for row in reader]
    plain: dict[str, Any] = {}
    for name in CONDITIONS:
        found = {row[name]: i for i, row in reversed(list(enumerate(rows, start=2)))}
        if len(found) > 1:
            line = sorted(found.values())[1]
            raise InputError(
                f"line {line} has another {name} than the lines before.",
                where=str(path),
                todo="Write one table for each instrument, light and backing.",
            )
        plain[name] = next(iter(found), "")
    plain["tabs"] = [{k: row[k] for k in ("tab", "layer", "L", "a", "b", "sd") if row.get(k)} for row in rows]
    return plain


def _table(plain: dict[str, Any], name: str, where: str, *, rows_from: int) -> ShadeTable:
    try:
        table = ShadeTable.model_validate({"name": name, **plain})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = [str(part) for part in first["loc"]]
        if len(place) > 1 and place[0] == "tabs":
            place = [f"{'line' if rows_from == 2 else 'tab'} {int(place[1]) + rows_from}", *place[2:]]
        raise InputError(
            f"{', '.join(place)}: {first['msg']}.",
            where=where,
            todo="A table without its instrument, light, backing and source cannot be used.",
        ) from None
    seen: set[str] = set()
    for tab in table.tabs:
        if tab.tab in seen:
            raise InputError(f"the tab '{tab.tab}' comes twice.", where=where, todo="Keep one of them.")
        seen.add(tab.tab)
    return table
