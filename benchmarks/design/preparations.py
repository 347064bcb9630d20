"""How near the finish line, axis, taper and undercut found on a scan come to the truth of phantom preparations.

    python benchmarks/design/preparations.py [--patients 3] [--first-seed 501] [--faces 100000] [--labels true|found]

Each patient has fourteen prepared teeth, no two side by side: all tooth types, chamfer, shoulder and feather edge in
turn, every fifth with a wall undermined by 0.3 mm. The mouth is scanned with the preset of daily use. Distances are
curve to curve, both ways: from the true line where it is not buried under gingiva, and from the found line where it is
said to be sure. The scanner's own slow distortion (17 to 60 um RMS) is part of them.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

import numpy as np
from scipy.spatial import cKDTree

from oral_architect import phantom
from oral_architect.anatomy.crowns.crown import extract_crown
from oral_architect.anatomy.document import Tooth
from oral_architect.design.preparation import Preparation, find_preparation
from oral_architect.errors import OralArchitectError
from oral_architect.geometry import Mesh, Points
from oral_architect.geometry.closest import Surface
from oral_architect.phantom.patient import Patient, PatientTooth
from oral_architect.teeth.fdi import jaw_of

TEETH = (17, 15, 13, 11, 22, 24, 26, 47, 45, 43, 41, 32, 34, 36)
MARGINS = ("chamfer", "shoulder", "feather")
SEEN_MM = 0.08
"""The true line is buried where the scan passes farther from it than this."""


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Find every preparation of the phantoms and compare it with the truth."""
    rows, to_found, to_truth = [], [], []
    for seed in range(options.first_seed, options.first_seed + options.patients):
        patient = phantom.run(_settings(seed, options.faces))
        for tooth in (t for t in patient.teeth if t.prepared):
            row, there, back = _compared(patient, tooth, options.labels)
            rows.append({"seed": seed, **row})
            to_found.append(there)
            to_truth.append(back)
            print(json.dumps(rows[-1]), flush=True)
    return _summary(rows, to_found, to_truth)


def _settings(seed: int, faces: int) -> phantom.PhantomSettings:
    teeth = TEETH if seed % 2 else tuple(_mirrored(f) for f in TEETH)
    harms = tuple(
        phantom.Harm(fdi=f, margin=MARGINS[(i + seed) % 3], undercut_mm=0.3 if i % 5 == 4 else 0.0)
        for i, f in enumerate(teeth)
    )
    form = phantom.PhantomSettings().form.model_copy(update={"missing_rate": 0.0, "third_molar_rate": 0.0})
    return phantom.PhantomSettings(seed=seed, faces=faces, harms=harms, form=form, posed=False)


def _mirrored(fdi: int) -> int:
    return {1: 2, 2: 1, 3: 4, 4: 3}[fdi // 10] * 10 + fdi % 10


def _compared(patient: Patient, truth: PatientTooth, labels: str) -> tuple[dict[str, Any], Points, Points]:
    jaw = jaw_of(truth.fdi)
    scan, opposing = patient.shapes[f"{jaw}_scan"], patient.shapes["lower_scan" if jaw == "upper" else "upper_scan"]
    true_line = _dense(patient.arrays[f"finish_line_{truth.fdi}"], 0.05)
    seen = Surface(scan).nearest(true_line).distance_mm < SEEN_MM
    row: dict[str, Any] = {"fdi": truth.fdi, "finish": truth.finish, "seen": round(float(seen.mean()), 2)}
    nothing = np.zeros(0)
    try:
        found, seconds = _found(scan, opposing, patient, truth, labels)
    except OralArchitectError as problem:
        return {**row, "refused": str(problem)}, nothing, nothing
    there = cKDTree(_dense(found.finish_line, 0.02)).query(true_line[seen], workers=1)[0]
    back = cKDTree(_dense(true_line, 0.02)).query(found.finish_line[found.sure], workers=1)[0]
    between = float(np.clip(found.axis @ np.array(truth.insertion_axis), -1, 1))
    row |= {
        "called": found.margin,
        "sure": round(float(found.sure.mean()), 2),
        "to_found_mm": [round(float(x), 3) for x in np.percentile(there, [50, 95])] if len(there) else None,
        "to_truth_mm": [round(float(x), 3) for x in np.percentile(back, [50, 95])] if len(back) else None,
        "axis_deg": round(float(np.rad2deg(np.arccos(between))), 2),
        "taper_error_deg": round(found.taper_deg - 2 * (truth.taper_deg or 0.0), 2),
        "undercut_mm": round(float(found.undercut_mm.max(initial=0.0)), 3),
        "seconds": round(seconds, 2),
    }
    return row, there, back


def _found(scan: Mesh, opposing: Mesh, patient: Patient, truth: PatientTooth, labels: str) -> tuple[Preparation, float]:
    jaw = jaw_of(truth.fdi)
    if labels == "found":
        from oral_architect.anatomy.reading.labels import LabelSettings, look_at

        numbers = look_at(scan, LabelSettings()).labels
    else:
        numbers = patient.arrays[f"labels_{jaw}"]
    crown = extract_crown(scan, numbers, truth.fdi).mesh
    width = float(np.ptp(crown.vertices, axis=0).max())
    tooth = Tooth(
        fdi=truth.fdi,
        confidence=1.0,
        centroid_mm=truth.centroid_mm,
        axes=truth.axes,
        width_md_mm=width,
        width_bl_mm=width,
        height_mm=width,
    )
    began = time.monotonic()
    found = find_preparation(scan, crown, tooth, antagonist=opposing)
    return found, time.monotonic() - began


def _dense(ring: Points, step_mm: float) -> Points:
    """Points along a closed line, no further apart than ``step_mm``."""
    ahead = np.roll(ring, -1, axis=0) - ring
    count = max(1, int(np.ceil(np.linalg.norm(ahead, axis=1).max() / step_mm)))
    return np.concatenate([ring + ahead * (k / count) for k in range(count)])


def _summary(rows: list[dict[str, Any]], to_found: list[Points], to_truth: list[Points]) -> dict[str, Any]:
    def spread(kind: str | None) -> dict[str, Any]:
        chosen = [k for k, row in enumerate(rows) if "refused" not in row and kind in (None, row["finish"])]
        if not chosen:
            return {"preparations": 0}
        there, back = (np.concatenate([x[k] for k in chosen]) for x in (to_found, to_truth))
        return {
            "preparations": len(chosen),
            "true_to_found_mm": {f"P{p}": round(float(np.percentile(there, p)), 3) for p in (50, 75, 90, 95)},
            "sure_to_true_mm": {f"P{p}": round(float(np.percentile(back, p)), 3) for p in (50, 75, 90, 95)},
            "kind_right": round(float(np.mean([rows[k]["called"] == rows[k]["finish"] for k in chosen])), 2),
            "axis_deg_P50_P95": [
                round(float(np.percentile([rows[k]["axis_deg"] for k in chosen], p)), 1) for p in (50, 95)
            ],
            "taper_error_deg_P50": round(float(np.median([abs(rows[k]["taper_error_deg"]) for k in chosen])), 1),
        }

    good = [r for r in rows if "refused" not in r]
    return {
        "asked": len(rows),
        "refused": len(rows) - len(good),
        "all": spread(None),
        **{kind: spread(kind) for kind in MARGINS},
        "seconds_median": float(np.median([r["seconds"] for r in good])) if good else None,
    }


def main() -> None:
    """Run alone."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patients", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=501)
    parser.add_argument("--faces", type=int, default=100_000)
    parser.add_argument("--labels", choices=("true", "found"), default="true")
    print(json.dumps(run(parser.parse_args()), indent=1))


if __name__ == "__main__":
    main()
