"""How far the measures of a smile are from the truth, on cases of synthetic patients that hold it.

``python benchmarks/design/smile.py --cases FOLDER… [--out accuracy.csv]``: cases that ``oral-architect demo``
made. Every measure is taken twice, on the landscape found on the scans and on the true crowns, axes and margins.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path

import numpy as np

from oral_architect.anatomy.document import Arch, Landscape, Tooth
from oral_architect.case import Case, matrix4
from oral_architect.design.aesthetics import Aesthetics, assess
from oral_architect.errors import OralArchitectError
from oral_architect.phantom import Patient
from oral_architect.teeth.fdi import is_permanent, jaw_of

LEAST = 5
"""Fewer pairs give no figure."""


def truth(patient: Patient) -> Landscape:
    """The patient's true crowns as they are after harm, with true axes and margins."""
    teeth = [t for t in patient.teeth if is_permanent(t.fdi)]
    arches = tuple(
        Arch(
            jaw=jaw,
            jaw_confidence=1.0,
            pose_confidence=1.0,
            to_patient=matrix4(np.eye(4)),
            teeth=tuple(t.fdi for t in teeth if jaw_of(t.fdi) == jaw),
            missing=(),
        )
        for jaw in ("upper", "lower")
    )
    found = tuple(
        Tooth(
            fdi=t.fdi,
            confidence=1.0,
            centroid_mm=t.centroid_mm,
            axes=t.axes,
            width_md_mm=0.0,
            width_bl_mm=0.0,
            height_mm=0.0,
        )
        for t in teeth
    )
    shapes = {f"crown_{t.fdi}": patient.shapes[f"crown_{t.fdi}"] for t in teeth}
    arrays = {f"margin_{t.fdi}": patient.arrays[f"margin_{t.fdi}"] for t in teeth}
    return Landscape(arches=arches, teeth=found, shapes=shapes, arrays=arrays)


def errors(found: Aesthetics, true: Aesthetics) -> dict[str, list[float]]:
    """Absolute errors by measure, over all teeth both know."""
    known = {(o.name, o.teeth): o.value for o in true.observations}
    told: dict[str, list[float]] = defaultdict(list)
    for o in found.observations:
        expected = known.get((o.name, o.teeth))
        if o.value is not None and expected is not None:
            told[o.name].append(abs(o.value - expected))
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=Path, nargs="+", required=True)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    told: dict[str, list[float]] = defaultdict(list)
    units: dict[str, str] = {}
    used = 0
    for folder in options.cases:
        try:
            case = Case.open(folder)
            found, true = assess(case.load("anatomy")), assess(truth(case.load("phantom")))
        except OralArchitectError as problem:
            print(f"{folder}: left out, {problem}")
            continue
        used += 1
        units |= {o.name: o.unit for o in found.observations}
        for name, values in errors(found, true).items():
            told[name] += values
    lines = ["measure,median_error,p90_error,unit,count,source,standing"]
    for name, values in sorted(told.items()):
        if len(values) >= LEAST:
            middle, most = np.quantile(values, [0.5, 0.9])
            row = f"{name},{middle:.3f},{most:.3f},{units[name]},{len(values)}"
            lines.append(f"{row},benchmarks/design/smile.py on {used} synthetic patients,measured")
    text = "\n".join(lines) + "\n"
    print(text)
    if options.out is not None:
        options.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
