"""Which materials may be planned, what each asks of a kind of restoration, and what it can do, with its sources.

Walls are those of ``design/material_regions.csv``, which says for each kind which published figure holds where. What is
not offered there for a kind may be chosen all the same; its walls are then looked up by the name of the kind.
"""

from __future__ import annotations

from functools import cache

from oral_architect.case import Record
from oral_architect.errors import ReferenceDataError, SettingsError
from oral_architect.reference import Row, find, table
from oral_architect.teeth.fdi import is_anterior, is_molar

from .estimates import rows
from .thickness import Region

_LIKE = {"inlay": "onlay", "overlay": "onlay", "tabletop": "onlay", "veneer": "onlay", "bridge": "pontic"}
"""Kinds without a row of their own take the default material of a kind like them."""
_NO_TEETH = ("splint", "nightguard")
_WORDS = {
    "crown": ("single crown", "crown, adhesive", "crown"),
    "onlay": ("onlay", "partial crown"),
    "overlay": ("onlay", "partial crown"),
    "tabletop": ("onlay", "partial crown"),
    "inlay": ("inlay",),
    "veneer": ("veneer",),
    "pontic": ("posterior bridge, 1 pontic", "bridge"),
    "bridge": ("posterior bridge, 1 pontic", "bridge"),
}
_UP = ("occlusal/incisal", "occlusal/cusp", "occlusal", "cusp", "isthmus/cusp", "covered cusp", "incisal")
_REGIONS = {
    "occlusal": _UP,
    "incisal": _UP,
    "axial": ("axial/circular", "axial", "axial, posterior", "labial", "wall"),
}
WALLS: tuple[Region, ...] = ("occlusal", "incisal", "cusp", "fissure", "axial")
"""Walls that are judged by thickness."""


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
    offered: bool
    """Whether its walls are published for this kind, region by region."""

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
        if not self.offered:
            return _wall_by_name(self.name, self.kind, region)
        site = "anterior" if is_anterior(fdi) else "posterior"
        for row in rows("material_regions"):
            cells = row.cells
            if (cells["material"], cells["kind"], cells["region"]) != (self.name, self.kind, region):
                continue
            if cells["site"] in ("", site):
                return _wall_limit(self.name, cells["restoration"], cells["cell"])
        return None

    def has_walls(self, fdi: int) -> bool:
        """Whether any wall of this kind is published for it."""
        return any(self.wall(region, fdi) for region in WALLS)

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


@cache
def materials() -> tuple[str, ...]:
    """Names of all materials of the tables, in their order, each once."""
    defaults = [row.cells["material"] for row in rows("materials")]
    limits = [r.cells["material"] for r in table("thickness_limits") if r.cells["restoration"] not in _NO_TEETH]
    return tuple(dict.fromkeys([*defaults, *limits]))


def material_for(kind: str, name: str | None = None) -> Material:
    """Return the material of a kind of restoration: the default one, or one that was chosen, offered or not.

    Raises
    ------
    ReferenceDataError
        When there is no such kind.
    """
    chosen = name or _default(kind)
    offered = any(one.name == chosen for one in materials_for(kind))
    return Material(name=chosen, kind=kind, properties=_properties(chosen), offered=offered)


def material(name: str, kind: str) -> Material:
    """Return a material that is offered for a kind of restoration.

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
    return tuple(Material(name=name, kind=kind, properties=_properties(name), offered=True) for name in names)


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


@cache
def _default(kind: str) -> str:
    for like in (kind, _LIKE.get(kind, kind)):
        for row in rows("materials"):
            if row.cells["kind"] == like:
                return row.cells["material"]
    raise ReferenceDataError(f"no material for '{kind}'", where="design/materials.csv")


def _wall_by_name(name: str, kind: str, region: str) -> Limit | None:
    """Look a wall up where no table says which of the published figures holds for a kind."""
    if region not in _REGIONS:
        return None
    limits = [row for row in table("thickness_limits") if row.cells["material"] == name and row.number("min_mm")]
    restoration = _restoration(kind, limits)
    if restoration is None:
        return None
    of_it = [row.cells["region"] for row in limits if row.cells["restoration"] == restoration]
    cells = {wall: _region(words, of_it) for wall, words in _REGIONS.items()}
    return _wall_limit(name, restoration, cells[region]) if all(cells.values()) else None


def _restoration(kind: str, rows: list[Row]) -> str | None:
    names = list(dict.fromkeys(row.cells["restoration"] for row in rows))
    for word in _WORDS.get(kind, ()):
        for name in names:
            if name.startswith(word) or (word in name and "preparation" not in name):
                return name
    return "" if "" in names else None


def _region(words: tuple[str, ...], regions: list[str]) -> str:
    return next((word for word in words if word in regions), "")


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
    "WALLS",
    "Limit",
    "Material",
    "Property",
    "least_border",
    "material",
    "material_for",
    "materials",
    "materials_for",
    "strength_needed",
    "tool_radius",
]
