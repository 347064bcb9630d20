"""Layering: which dentine and enamel shade where, how thick, and how much of the dentine will show."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from oral_architect.case import Record
from oral_architect.geometry import Mesh
from oral_architect.geometry.rays import Target
from oral_architect.reference import Row, find

from .match import MeasuredShade, nearest_shade
from .table import Lab, ShadeTab, ShadeTable

Floats = NDArray[np.float64]
Zone = Literal["cervical", "middle", "incisal"]
ZONES: tuple[Zone, ...] = ("cervical", "middle", "incisal")
QUALITATIVE = (
    "Qualitative: one exponential through the published translucency at 1 mm. Without scattering and absorption "
    "spectra of the material in hand no colour can be predicted; a try-in decides."
)
_BLACK_TO_WHITE = 100.0
"""Translucency parameter of nothing at all: the difference of an ideal black and white backing."""


class LayerZone(Record):
    """One third of the labial face."""

    zone: Zone
    total_mm: float
    """Median thickness of new material there."""
    dentine_shade: str
    dentine_mm: float
    enamel_shade: str
    enamel_mm: float
    enamel_source: str
    enamel_standing: str
    translucency_parameter: float
    """Of the enamel layer, qualitative."""
    dentine_share: float
    """0 to 1: how much of the dentine shows through, qualitative."""
    seen_lab: Lab
    """Mixture of both shades by that share, qualitative."""


class LayerPlan(Record):
    """The layers of one restoration."""

    fdi: int
    table: str
    synthetic: bool
    zones: tuple[LayerZone, ...]
    note: str = QUALITATIVE


def layer_plan(fdi: int, thickness_mm: dict[Zone, float], measured: MeasuredShade, table: ShadeTable) -> LayerPlan:
    """Split the thickness of a restoration into dentine and enamel as in a natural tooth.

    The enamel gets the middle of the natural range of its third, at most all there is; dentine takes the rest. Shades
    are the nearest of each layer.

    Parameters
    ----------
    fdi
        The tooth.
    thickness_mm
        New material by zone, from :func:`labial_thickness`.
    measured
        The colour wanted.
    table
        The clinic's shades.
    """
    tabs = {t.tab: t for t in table.tabs}
    dentine = tabs[nearest_shade(measured, table, "dentine").best.tab]
    enamel = tabs[nearest_shade(measured, table, "enamel").best.tab]
    zones = tuple(_zone(zone, thickness_mm[zone], dentine, enamel) for zone in ZONES if zone in thickness_mm)
    return LayerPlan(fdi=fdi, table=table.name, synthetic=table.synthetic, zones=zones)


def translucency(row: Row, thickness_mm: float) -> float:
    """Return the translucency parameter of a layer: 100 for none, the row's value at 1 mm, exponential between.

    Qualitative; the published figures only say that it falls with thickness.
    """
    return float(_BLACK_TO_WHITE * (row.need("value") / _BLACK_TO_WHITE) ** max(thickness_mm, 0.0))


def labial_thickness(body: Mesh, axes: Floats) -> dict[Zone, float]:
    """Return the median thickness of a closed body in the thirds of its labial face, mm.

    Along rays toward lingual on a grid over the body; a third without material is left out.

    Parameters
    ----------
    body
        Closed new material, patient frame, mm.
    axes
        ``(3, 3)`` unit rows mesial, buccal, occlusal.
    """
    local = body.vertices @ axes.T
    low, high = local.min(axis=0), local.max(axis=0)
    across = np.linspace(low[0], high[0], 17)[1:-1]
    found: dict[Zone, float] = {}
    target = Target(body)
    for i, zone in enumerate(ZONES):
        up = low[2] + (high[2] - low[2]) * (i + np.linspace(0.1, 0.9, 9)) / len(ZONES)
        grid = np.stack(np.meshgrid(across, [high[1] + 1.0], up, indexing="ij"), axis=-1).reshape(-1, 3)
        origins = grid @ axes
        inward = np.broadcast_to(-axes[1], origins.shape)
        outer, _ = target.first_hit(origins, inward)
        hit = np.isfinite(outer)
        if not hit.any():
            continue
        step = 1e-3
        entered = origins[hit] + (outer[hit] + step)[:, None] * inward[hit]
        inner, _ = target.first_hit(entered, inward[hit])
        through = inner[np.isfinite(inner)] + step
        if len(through):
            found[zone] = float(np.median(through))
    return found


def _zone(zone: Zone, total_mm: float, dentine: ShadeTab, enamel: ShadeTab) -> LayerZone:
    row = find("clinical_limits", group="enamel", quantity="enamel_thickness_mm", site=f"labial {zone}")
    natural = (row.need("low") + row.need("high")) / 2
    enamel_mm = min(natural, total_mm)
    tp = translucency(find("tissue_properties", tissue="enamel", quantity="translucency_parameter"), enamel_mm)
    share = tp / _BLACK_TO_WHITE if total_mm > enamel_mm else 0.0
    mixed = share * np.array(dentine.lab) + (1 - share) * np.array(enamel.lab)
    return LayerZone(
        zone=zone,
        total_mm=total_mm,
        dentine_shade=dentine.tab,
        dentine_mm=total_mm - enamel_mm,
        enamel_shade=enamel.tab,
        enamel_mm=enamel_mm,
        enamel_source=row.source,
        enamel_standing=row.standing,
        translucency_parameter=tp,
        dentine_share=share,
        seen_lab=(float(mixed[0]), float(mixed[1]), float(mixed[2])),
    )
