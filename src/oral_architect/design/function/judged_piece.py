"""The checks of a piece made outside the mouth: can it be seated, milled, and does it bear what it must."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry import Mask, Mesh

from ..document import Check, Verdict
from ..materials import Limit, Material, least_border, strength_needed, tool_radius
from ..thickness import Thickness
from .judging import GEOMETRY, Against, does_not_apply, judged, not_evaluated
from .seating import inside_of, least_section

Floats = NDArray[np.float64]
Connector = tuple[Floats, Floats]

_BORDER_FROM_MM = 0.3
"""A border is judged from here on: at the very edge every piece ends in nothing."""
_BLOCKED_MM = 0.02
"""An undercut this shallow is the mesh's own unevenness."""
NAMES = ("insertion undercut", "internal radius", "border thickness", "connector area", "strength class")


def piece_checks(
    fdi: int,
    kind: str,
    body: Mesh,
    outer: Mask,
    walls: Thickness,
    *,
    axis: Floats | None,
    material: Material | None,
    connectors: tuple[Connector, ...] = (),
) -> Iterator[Check]:
    """Judge a piece.

    Parameters
    ----------
    fdi
        The tooth.
    kind
        Of restoration; what is built up directly is no piece.
    body
        Closed piece, mm.
    outer
        ``(faces,) bool``: faces that are seen and felt.
    walls
        From :func:`~oral_architect.design.thickness.thickness_of`.
    axis
        ``(3,)``: insertion axis; ``None`` where none was found.
    material
        What it is made of; ``None`` without published figures.
    connectors
        For each, the middles of the two teeth it joins, ``(3,) mm``.
    """
    needed, radius, border = strength_needed(kind, fdi, 1 + len(connectors)), tool_radius(), least_border()
    if kind == "rebuild":
        why = "it is built up directly; nothing is milled or seated."
        for name, unit in zip(NAMES, ("mm", "mm", "mm", "mm2", "MPa"), strict=True):
            yield does_not_apply(fdi, name, Against(GEOMETRY, None, unit), why)
        return
    yield from _inside(fdi, kind, body, ~outer, axis, radius)
    yield _border(fdi, kind, walls, border, material)
    yield from _connectors(fdi, kind, body, connectors, material)
    yield _strength(fdi, material, needed)


def _inside(fdi: int, kind: str, body: Mesh, intaglio: Mask, axis: Floats | None, radius: Limit) -> Iterator[Check]:
    undercut = Against(GEOMETRY, _BLOCKED_MM, "mm")
    tool = Against(radius.row(), radius.value, "mm")
    if kind == "pontic":
        for name, against in zip(NAMES[:2], (undercut, tool), strict=True):
            yield does_not_apply(fdi, name, against, "a pontic has no inside.")
        return
    inside = inside_of(body, intaglio, axis) if axis is not None else None
    if inside is None:
        why = "no insertion axis is known." if axis is None else "the body has no faces toward the tooth."
        for name, against in zip(NAMES[:2], (undercut, tool), strict=True):
            yield not_evaluated(fdi, name, against, why)
        return
    depth, at = inside.deepest_undercut()
    verdict: Verdict = "pass" if depth <= _BLOCKED_MM else "fail"
    yield judged(fdi, NAMES[0], depth, undercut, verdict, at=at, note="sideways, along the insertion axis")
    least, at = inside.least_radius()
    verdict = "pass" if least >= radius.value - 0.02 else "warn"
    note = f"second percentile of the inside; the tool leaves material where it is less ({radius.condition})"
    yield judged(fdi, NAMES[1], least, tool, verdict, at=at, note=note)


def _border(fdi: int, kind: str, walls: Thickness, border: Limit, material: Material | None) -> Check:
    against = Against(border.row(), border.value, "mm")
    strip = walls.from_margin_mm
    ring = (strip > _BORDER_FROM_MM) & (strip <= 2 * _BORDER_FROM_MM)
    found = walls.least(ring)
    if found is None:
        why = "a pontic has no border." if kind == "pontic" else "the body has no border."
        return does_not_apply(fdi, NAMES[2], against, why)
    value, at = found
    asked = material.wall("margin", fdi) if material else None
    note = f"{_BORDER_FROM_MM} mm from the edge"
    if asked is not None:
        note += f"; the maker asks for a ledge of {asked.value:g} mm ({asked.source})"
    verdict: Verdict = "pass" if value >= border.value else "warn"
    return judged(fdi, NAMES[2], value, against, verdict, at=at, note=note)


def _connectors(
    fdi: int, kind: str, body: Mesh, connectors: tuple[Connector, ...], material: Material | None
) -> Iterator[Check]:
    limit = material.connector(fdi, max(1, len(connectors) - 1)) if material else None
    against = Against(limit.row() if limit else None, limit.value if limit else None, "mm2")
    if kind not in ("bridge", "pontic"):
        yield does_not_apply(fdi, NAMES[3], against, "a single tooth has no connector.")
        return
    if not connectors:
        yield not_evaluated(fdi, NAMES[3], against, "connectors are not designed.")
        return
    areas = [least_section(body, *ends) for ends in connectors]
    area, at = min(areas, key=lambda found: found[0])
    if limit is None:
        note = "No published least area for this material."
        yield judged(fdi, NAMES[3], area, against, "warn", at=at, note=note)
        return
    verdict: Verdict = "pass" if area >= limit.value else "fail"
    yield judged(fdi, NAMES[3], area, against, verdict, at=at, note=limit.condition)


def _strength(fdi: int, material: Material | None, needed: Limit) -> Check:
    against = Against(needed.row(), needed.value, "MPa")
    figure = material.property("flexural_strength_mpa") if material else None
    if figure is None or material is None:
        return not_evaluated(fdi, NAMES[4], against, "no flexural strength is written down for the material.")
    value = figure.low if figure.value is None else figure.value
    if value is None:
        return not_evaluated(fdi, NAMES[4], against, "the material's row holds no figure.")
    verdict: Verdict = "pass" if value >= needed.value else "fail"
    note = f"{needed.what}; {material.name}: {figure.source}, {figure.standing}"
    return judged(fdi, NAMES[4], value, against, verdict, note=note)
