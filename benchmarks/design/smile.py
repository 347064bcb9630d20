"""How far the measures of a smile are from the truth, on synthetic patients.

    python -m benchmarks.design.smile [--patients 8] [--first 5200] [--write]

Every measure is taken twice, on the landscape found on the scans and on the true crowns, axes and margins.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.anatomy.landmarks import scanned

from oral_architect import anatomy, phantom
from oral_architect.anatomy.document import Arch, Landscape, Tooth
from oral_architect.case import matrix4
from oral_architect.design.aesthetics import Aesthetics, assess
from oral_architect.phantom import Patient
from oral_architect.teeth.fdi import is_permanent, jaw_of

TABLE = Path(__file__).resolve().parents[2] / "src/oral_architect/design/aesthetics/accuracy.csv"
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


def add_options(parser: argparse.ArgumentParser) -> None:
    """Say how many patients."""
    parser.add_argument("--patients", type=int, default=8)
    parser.add_argument("--first", type=int, default=5200, help="seed of the first patient")
    parser.add_argument("--write", action="store_true", help="write the table the program states accuracies from")


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Make, scan, read and compare."""
    told: dict[str, list[float]] = defaultdict(list)
    units: dict[str, str] = {}
    for seed in range(options.first, options.first + options.patients):
        patient = phantom.run(phantom.PhantomSettings(seed=seed))
        found, true = assess(anatomy.run(scanned(patient))), assess(truth(patient))
        units |= {o.name: o.unit for o in found.observations}
        for name, values in errors(found, true).items():
            told[name] += values
    rows = [
        {
            "measure": name,
            "median_error": f"{np.quantile(values, 0.5):.3f}",
            "p90_error": f"{np.quantile(values, 0.9):.3f}",
            "unit": units[name],
            "count": len(values),
            "source": f"python -m benchmarks.design.smile --first {options.first} --patients {options.patients}",
            "standing": "measured",
        }
        for name, values in sorted(told.items())
        if len(values) >= LEAST
    ]
    if options.write:
        with TABLE.open("w", encoding="utf-8", newline="") as handle:
            writer = csv.DictWriter(handle, rows[0], lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    return {"patients": options.patients, "measures": rows}


def main() -> None:
    """Run alone."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser)
    print(json.dumps(run(parser.parse_args()), indent=1))


if __name__ == "__main__":
    main()
