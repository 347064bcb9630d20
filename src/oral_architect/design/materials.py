"""What a material asks of a restoration, and what it can do: every limit with its source and standing."""

from __future__ import annotations

from functools import cache

from oral_architect.case import Record
from oral_architect.errors import SettingsError
from oral_architect.reference import Row, find, table
from oral_architect.teeth.fdi import is_anterior, is_molar

from .estimates import rows
from .thickness import Region


class Limit(Record):
    """A least value a material asks for, as read from a table."""

    material: str
    what: str
    """Region of a wall, ``connector``, ``tool radius`` …"""
    value: float
    upper: float | None
    unit: str
    condition: str
    source: str
    standing: str

    def row(self) -> Row:
        """Return the source and standing in the form checks cite."""
        return Row("limit", {"source": self.source, "standing": self.standing})


class Property(Record):
    """What is known of a material: a figure, or words."""

    name: str
    value: float | None
    low: float | None
    high: float | None
    unit: str
    text: str
    source: str
    standing: str


class Material(Record):
    """A material of a restoration of one kind.

    Parameters
    ----------
    name
        As in ``reference/thickness_limits.csv``.
    kind
        Of restoration.
    properties
        Strength, bonding.
    """

    name: str
    kind: str
    properties: tuple[Property, ...]

    def property(self, name: str) -> Property | None:
        """Return a property, ``None`` where nothing is written down."""
        return next((p for p in self.properties if p.name == name), None)

    def wall(self, region: Region, fdi: int) -> Limit | None:
        """Return the least thickness of a wall, ``None`` where none is published.

        Raises
        ------
        ReferenceDataError
            When a row names a limit that the tables do not hold.
        """
        site = "anterior" if is_anterior(fdi) else "posterior"
        for row in rows("material_regions"):
            cells = row.cells
            if (cells["material"], cells["kind"], cells["region"]) != (self.name, self.kind, region):
                continue
            if cells["site"] in ("", site):
                return _wall_limit(self.name, cells["restoration"], cells["cell"])
        return None

    def connector(self, fdi: int, pontics: int = 1, *, cantilever: bool = False) -> Limit | None:
        """Return the least area of a connector, ``None`` where none is published.

        Parameters
        ----------
        fdi
            The tooth replaced.
        pontics
            Teeth replaced side by side.
        cantilever
            Whether one end hangs free.
        """
        named = self.property("connector")
        if named is None:
            return None
        of_it = [row for row in table("connector_limits") if row.cells["material"] == named.text]
        site = "anterior" if is_anterior(fdi) else "posterior"
        wanted = [("", "cantilever")] if cantilever else [(site, span) for span in (*_spans(pontics), "")]
        for region, span in wanted:
            for row in of_it:
                if row.cells["region"] == region and row.cells["span"] == span:
                    return _limit(self.name, "connector", row, "min_mm2", "mm2")
        return None


def material(name: str, kind: str) -> Material:
    """Return a material for a kind of restoration.

    Raises
    ------
    SettingsError
        When it is not offered for this kind.
    """
    for one in materials_for(kind):
        if one.name == name:
            return one
    known = ", ".join(m.name for m in materials_for(kind)) or "none"
    raise SettingsError(f"'{name}' is not offered for a {kind}", where="materials", todo=f"There is: {known}.")


@cache
def materials_for(kind: str) -> tuple[Material, ...]:
    """Return the materials with published walls for a kind of restoration, in the order in which they are offered."""
    names = dict.fromkeys(row.cells["material"] for row in rows("material_regions") if row.cells["kind"] == kind)
    return tuple(Material(name=name, kind=kind, properties=_properties(name)) for name in names)


def tool_radius() -> Limit:
    """Return the least internal radius a milling tool makes, mm."""
    row = find("clinical_limits", group="manufacture", quantity="internal_radius_min_mm", site="milling")
    return _limit("any milled", "tool radius", row, "value", "mm")


def least_border() -> Limit:
    """Return the least thickness of a border that survives milling, mm."""
    row = find("clinical_limits", group="manufacture", quantity="horizontal_border_min_mm")
    return _limit("zirconia", "border", row, "value", "mm")


def strength_needed(kind: str, fdi: int, units: int = 1) -> Limit:
    """Return the flexural strength that ISO 6872 asks of a ceramic for this use, MPa.

    Class 2 serves adhesively cemented single units, class 4 bridges of three units with a molar, class 5 longer ones;
    class 3, without a molar, is also taken for single crowns on molars.
    """
    if units >= 4:
        grade = 5
    elif units > 1:
        grade = 4 if is_molar(fdi) else 3
    else:
        grade = 3 if kind == "crown" and is_molar(fdi) else 2
    row = find("clinical_limits", group="strength", quantity=f"iso_6872_2015_class_{grade}_mpa")
    return _limit("any ceramic", f"ISO 6872 class {grade}", row, "value", "MPa")


def _wall_limit(name: str, restoration: str, cell: str) -> Limit:
    row = find("thickness_limits", material=name, restoration=restoration, region=cell)
    return _limit(name, f"{restoration}, {cell}".lstrip(", "), row, "min_mm", "mm")


def _limit(name: str, what: str, row: Row, column: str, unit: str) -> Limit:
    upper = next((row.number(c) for c in ("upper_mm", "upper_mm2") if c in row.cells), None)
    return Limit(
        material=name,
        what=what,
        value=row.need(column),
        upper=upper,
        unit=unit,
        condition=row.cells.get("condition", ""),
        source=row.source,
        standing=row.standing,
    )


def _spans(pontics: int) -> tuple[str, ...]:
    """Words the connector table uses for a span, the fitting one first."""
    if pontics == 1:
        return ("1 pontic", "3-unit bridge")
    if pontics == 2:
        return ("2 pontics", "2-3 pontics")
    return ("2-3 pontics",) if pontics == 3 else ()


@cache
def _properties(name: str) -> tuple[Property, ...]:
    return tuple(
        Property(
            name=row.cells["property"],
            value=row.number("value"),
            low=row.number("low"),
            high=row.number("high"),
            unit=row.cells["unit"],
            text=row.cells["text"],
            source=row.source,
            standing=row.standing,
        )
        for row in rows("material_properties")
        if row.cells["material"] == name
    )


__all__ = [
    "Limit",
    "Material",
    "Property",
    "least_border",
    "material",
    "materials_for",
    "strength_needed",
    "tool_radius",
]
