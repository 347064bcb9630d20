"""Materials a plan may name: those of the tables, and the rows of least thickness for a kind of restoration."""

from __future__ import annotations

from functools import cache

from oral_architect.errors import ReferenceDataError
from oral_architect.reference import Row, table

from .estimates import material_row, rows

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
_REGIONS = {
    "occlusal_region": (
        "occlusal/incisal",
        "occlusal/cusp",
        "occlusal",
        "cusp",
        "isthmus/cusp",
        "covered cusp",
        "incisal",
    ),
    "axial_region": ("axial/circular", "axial", "axial, posterior", "labial", "wall"),
}


@cache
def materials() -> tuple[str, ...]:
    """Names of all materials of the tables, in their order, each once."""
    defaults = [row.cells["material"] for row in rows("materials")]
    limits = [r.cells["material"] for r in table("thickness_limits") if r.cells["restoration"] not in _NO_TEETH]
    return tuple(dict.fromkeys([*defaults, *limits]))


def material_for(kind: str, name: str | None = None) -> Row:
    """Return material and thickness rows of a kind of restoration, of the default material or of one that was chosen.

    Raises
    ------
    ReferenceDataError
        When there is no such kind.
    """
    default = _default(kind)
    if name is None or name == default.cells["material"]:
        return default
    cells = {
        **default.cells,
        "kind": kind,
        "material": name,
        "reason": "chosen",
        "source": "plan",
        "standing": "chosen",
    }
    cells |= {"thickness_material": "", "thickness_restoration": "", "occlusal_region": "", "axial_region": ""}
    limits = [row for row in table("thickness_limits") if row.cells["material"] == name and row.number("min_mm")]
    restoration = _restoration(kind, limits)
    if restoration is None:
        return Row(default.table, cells)
    of_it = [row.cells["region"] for row in limits if row.cells["restoration"] == restoration]
    regions = {column: _region(words, of_it) for column, words in _REGIONS.items()}
    if not all(regions.values()):
        return Row(default.table, cells)
    return Row(default.table, {**cells, "thickness_material": name, "thickness_restoration": restoration, **regions})


def _default(kind: str) -> Row:
    try:
        return material_row(kind)
    except ReferenceDataError:
        if kind not in _LIKE:
            raise
        return material_row(_LIKE[kind])


def _restoration(kind: str, rows: list[Row]) -> str | None:
    names = list(dict.fromkeys(row.cells["restoration"] for row in rows))
    for word in _WORDS.get(kind, ()):
        for name in names:
            if name.startswith(word) or (word in name and "preparation" not in name):
                return name
    return "" if "" in names else None


def _region(words: tuple[str, ...], regions: list[str]) -> str:
    return next((word for word in words if word in regions), "")
