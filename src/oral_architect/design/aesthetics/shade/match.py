"""The nearest shade of a table, with how little that may say."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from typing import Literal

import numpy as np
from pydantic import Field

from oral_architect.case import Record
from oral_architect.reference import Row

from .difference import acceptability, de00, perceptibility
from .table import Lab, ShadeTab, ShadeTable


class MeasuredShade(Record):
    """The colour of a tooth as an instrument read it."""

    lab: Lab
    sd: float = Field(default=0.0, ge=0)
    """Standard deviation of repeated readings, CIEDE2000."""
    device: str = ""
    illuminant: str = ""


class TabDistance(Record):
    """How far one tab is from the tooth."""

    tab: str
    lab: Lab
    de00: float
    seen: Literal["not perceptible", "acceptable", "not acceptable"]
    """By the 50:50 thresholds, were the figures exact."""


class ShadeMatch(Record):
    """The nearest tab of a table and all that are as good within the uncertainty."""

    measured: MeasuredShade
    table: str
    synthetic: bool
    best: TabDistance
    candidates: tuple[TabDistance, ...]
    """Every tab whose distance differs from the best by no more than the band, the nearest first."""
    band_de00: float
    """Uncertainty of each distance: never below what two instruments differ on the same tab."""
    band_source: str
    perceptibility_de00: float
    acceptability_de00: float
    threshold_source: str
    warnings: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The match in one sentence, with its band."""
        others = len(self.candidates) - 1
        more = f"; {others} other tab{'s' if others > 1 else ''} cannot be told from it" if others else ""
        invented = " (synthetic table)" if self.synthetic else ""
        return f"{self.best.tab}{invented}, ΔE00 {self.best.de00:.1f} ± {self.band_de00:.1f}{more}"


def nearest_shade(
    measured: MeasuredShade, table: ShadeTable, layer: Literal["", "dentine", "enamel"] = ""
) -> ShadeMatch:
    """Find the tab nearest to a measured colour by CIEDE2000.

    The band is the larger of what two certified instruments differ on the same tab (``limits.csv``, the largest guide)
    and the combined repeatability of tooth and tab.

    Parameters
    ----------
    measured
        The tooth.
    table
        The guide as the clinic's instrument sees it.
    layer
        Only tabs meant for this layer; empty for all.
    """
    tabs = table.tabs if not layer else table.of_layer(layer)
    tabs = tabs or table.tabs
    distance = de00(np.array(measured.lab), np.array([t.lab for t in tabs]))
    order = np.argsort(distance, kind="stable")
    device = inter_device()
    best = tabs[order[0]]
    band = max(device.need("value"), float(np.hypot(measured.sd, best.sd)))
    told = [_told(tabs[i], float(distance[i])) for i in order if distance[i] <= distance[order[0]] + band]
    return ShadeMatch(
        measured=measured,
        table=table.name,
        synthetic=table.synthetic,
        best=told[0],
        candidates=tuple(told),
        band_de00=band,
        band_source=device.source if band == device.need("value") else "repeatability of tooth and tab",
        perceptibility_de00=perceptibility().need("value"),
        acceptability_de00=acceptability().need("value"),
        threshold_source=acceptability().source,
        warnings=_warnings(measured, table, band),
    )


def inter_device() -> Row:
    """The largest published difference of two certified instruments on the same tabs."""
    rows = [r for r in _limits() if r.cells["quantity"] == "inter_device_de00"]
    return max(rows, key=lambda r: r.need("value"))


@cache
def _limits() -> tuple[Row, ...]:
    text = (files(__package__) / "limits.csv").read_text(encoding="utf-8")
    return tuple(Row("design/aesthetics/shade/limits", cells) for cells in csv.DictReader(text.splitlines()))


def _told(tab: ShadeTab, distance: float) -> TabDistance:
    if distance <= perceptibility().need("value"):
        return TabDistance(tab=tab.tab, lab=tab.lab, de00=distance, seen="not perceptible")
    accepted = distance <= acceptability().need("value")
    return TabDistance(tab=tab.tab, lab=tab.lab, de00=distance, seen="acceptable" if accepted else "not acceptable")


def _warnings(measured: MeasuredShade, table: ShadeTable, band: float) -> tuple[str, ...]:
    found = []
    if table.synthetic:
        found.append("The shade table is synthetic: it stands for no product. Load the clinic's own.")
    for name in ("device", "illuminant"):
        own, theirs = getattr(measured, name), getattr(table, name)
        if own and own != theirs:
            found.append(f"The tooth was measured with {name} '{own}', the table with '{theirs}'.")
    limit = acceptability().need("value")
    if band > limit:
        found.append(
            f"The uncertainty of ΔE00 {band:.1f} is above the acceptability threshold of {limit:.1f}: "
            "a try-in decides, not this figure."
        )
    return tuple(found)
