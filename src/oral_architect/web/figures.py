"""The measures of a landscape as people read them: which belong together, what they are called, how sure they are."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from oral_architect.anatomy.document import Landscape, Measure
from oral_architect.teeth.fdi import Jaw, is_left

TOOTH_COLUMNS = ("width_md", "width_bl", "crown_height")
"""Measures every tooth has; the chart prints these beside it."""

WORDS = {
    "width_md": "Mesiodistal width",
    "width_bl": "Buccolingual width",
    "crown_height": "Crown height",
    "intercanine_width": "Width at canines",
    "intermolar_width": "Width at first molars",
    "arch_length": "Arch length",
    "space_anterior": "Space, front",
    "space_posterior_right": "Space, right side",
    "space_posterior_left": "Space, left side",
    "space_total": "Space, in all",
    "midline_deviation": "Midline in its arch",
    "midline_between_arches": "Lower midline",
    "spee_depth_left": "Curve of Spee, left",
    "spee_depth_right": "Curve of Spee, right",
    "wilson_inclination": "Curve of Wilson",
    "overjet": "Overjet",
    "overbite": "Overbite",
    "bolton_anterior": "Bolton, anterior",
    "bolton_overall": "Bolton, overall",
    "molar_relation": "Molars",
    "canine_relation": "Canines",
}
BETWEEN_JAWS = ("molar_relation", "canine_relation")
"""Measures that name an upper tooth but tell of the bite."""
SIGNS = {"mm": " mm", "deg": "°", "ratio": "", "percent": " %"}


@dataclass(frozen=True)
class Place:
    """What a group of measures is about."""

    title: str
    jaw: Jaw | None


PLACES = (Place("Upper arch", "upper"), Place("Lower arch", "lower"), Place("Bite", None))


def measures_of(landscape: Landscape) -> tuple[Measure, ...]:
    """Return every measure of a landscape.

    Where a tooth's widths or height were not taken as measures, the values of its own record stand in, without an
    accuracy.
    """
    taken = {(m.fdi, m.name) for m in landscape.measures}
    own = []
    for tooth in landscape.teeth:
        values = (tooth.width_md_mm, tooth.width_bl_mm, tooth.height_mm)
        for name, value in zip(TOOTH_COLUMNS, values, strict=True):
            if (tooth.fdi, name) not in taken:
                own.append(Measure(name=name, value=value, unit="mm", fdi=tooth.fdi))
    return (*landscape.measures, *own)


def of_tooth(measures: Sequence[Measure], fdi: int) -> tuple[Measure, ...]:
    """Return the measures of one tooth, those every tooth has first."""
    mine = [m for m in measures if m.fdi == fdi and m.name not in BETWEEN_JAWS]
    order = {name: i for i, name in enumerate(TOOTH_COLUMNS)}
    return tuple(sorted(mine, key=lambda m: order.get(m.name, len(order))))


def of_place(measures: Sequence[Measure], place: Place) -> tuple[Measure, ...]:
    """Return the measures of an arch, or of the bite."""
    between = [m for m in measures if m.name in BETWEEN_JAWS] if place.jaw is None else []
    return (*(m for m in measures if m.fdi is None and m.jaw == place.jaw), *between)


def called(measure: Measure) -> str:
    """Return the words for a measure: ``width_md`` is the mesiodistal width; of a relation also its side and class."""
    plain = measure.name.replace("_", " ")
    words = WORDS.get(measure.name, plain[:1].upper() + plain[1:])
    if measure.name not in BETWEEN_JAWS or measure.fdi is None:
        return words
    angle = re.match(r"class [IV]+", measure.note)
    return f"{words} {'left' if is_left(measure.fdi) else 'right'}{f', {angle[0]}' if angle else ''}"


def value_said(measure: Measure) -> str:
    """Return the value with as many decimals as its accuracy deserves, without its unit."""
    value = abs(measure.value) if _has_side(measure) else measure.value
    return _number(value, _decimals(measure))


def accuracy_said(measure: Measure) -> str:
    """Return the accuracy as ``± 0.1``, without its unit; empty where it was not measured."""
    if measure.accuracy is None or not math.isfinite(measure.accuracy):
        return ""
    # half up: an accuracy of 0.15 is never told as 0.1
    steps = 10 ** _decimals(measure)
    return f"± {_number(math.floor(measure.accuracy * steps + 0.5 + 1e-9) / steps, _decimals(measure))}"


def said(measure: Measure) -> str:
    """Return a measure as one would write it: ``8.6 ± 0.1 mm``, a midline with the side it is off to."""
    numbers = f"{value_said(measure)} {accuracy_said(measure)}".strip()
    sign = SIGNS.get(measure.unit, f" {measure.unit}")
    words = f"({numbers}){sign}" if sign == "°" and "±" in numbers else f"{numbers}{sign}"
    if not _has_side(measure) or not any(c in "123456789" for c in value_said(measure)):
        return words
    return f"{words} {'left' if measure.value > 0 else 'right'}"


def as_csv(measures: Sequence[Measure]) -> str:
    """Return the measures as a table: of what, name, value, unit, accuracy, note; RFC 4180 but for its line ends."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(("of", "measure", "value", "unit", "accuracy", "note"))
    for m in measures:
        of = str(m.fdi) if m.fdi is not None else (m.jaw or "bite")
        accuracy = "" if m.accuracy is None else f"{m.accuracy:.6g}"
        writer.writerow((of, m.name, f"{m.value:.6g}", m.unit, accuracy, m.note))
    return stream.getvalue()


def _has_side(measure: Measure) -> bool:
    """Whether the sign means the patient's left (positive) or right."""
    return measure.name.startswith("midline")


def _decimals(measure: Measure) -> int:
    """One decimal; two for a ratio, and where the accuracy would else read as nothing."""
    if measure.unit == "ratio":
        return 3
    fine = measure.accuracy is not None and 0 < measure.accuracy < 0.05
    return 2 if fine else 1


def _number(value: float, decimals: int) -> str:
    if not math.isfinite(value):
        return "–"
    told = f"{value:.{decimals}f}"
    if float(told) == 0:
        told = told.lstrip("-")
    return told.replace("-", "−")
