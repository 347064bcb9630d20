"""How accurate each measure is on phantoms, from the committed table ``anatomy/data/measurement_accuracy.csv``."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files

from oral_architect.anatomy.document import Landmark, Measure


def with_accuracy(landmark: Landmark) -> Landmark:
    """Return the landmark with its median error, its own kind and name's or else its kind's."""
    table = _table()
    error = table.get((landmark.kind, landmark.name), table.get((landmark.kind, "")))
    return landmark.model_copy(update={"accuracy_mm": error})


def measure_with_accuracy(measure: Measure) -> Measure:
    """Return the measure with its median absolute error."""
    return measure.model_copy(update={"accuracy": _table().get(("measure", measure.name))})


@cache
def _table() -> dict[tuple[str, str], float]:
    path = files("oral_architect.anatomy") / "data/measurement_accuracy.csv"
    if not path.is_file():
        return {}
    rows = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    return {(row["kind"], row["name"]): float(row["median_abs_error"]) for row in rows}
