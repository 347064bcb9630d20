"""Landmarks, axes and measures of phantom patients, from scan files to numbers, against the truth of their crowns.

    python -m benchmarks.anatomy.landmarks [--patients 12] [--first 3000] [--keep FOLDER] [--write]

Every second patient is unharmed, the others carry three drawn harms; the scanner is the typical preset. Scans are
written to files and read back, the teeth are found by the program. Teeth whose number is wrong or missing are counted
and left out of the distances. ``--write`` puts the figures into ``anatomy/data/measurement_accuracy.csv``, which the
program reads to state how accurate it is, and into the page ``docs/reference/measurements-of-teeth.md``.
"""

from __future__ import annotations

import argparse
import csv
import json
import pickle
import sys
import tempfile
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks import parts
from benchmarks.anatomy.landmark_truth import (
    TrueTooth,
    facial_end,
    mid_buccal_margin,
    shows_buccal_margin,
    true_points,
    true_teeth,
    true_widths,
)
from numpy.typing import NDArray

from oral_architect import anatomy, phantom, scan
from oral_architect.anatomy.document import Landscape, Measure
from oral_architect.anatomy.measure.arch_frame import arch_frame
from oral_architect.anatomy.measure.bolton import bolton
from oral_architect.anatomy.measure.marks import Marks
from oral_architect.anatomy.measure.overlap import overjet_and_overbite
from oral_architect.anatomy.measure.relation import midlines, molar_and_canine_relation
from oral_architect.anatomy.measure.survey import arch_measures
from oral_architect.geometry import concatenate
from oral_architect.geometry.ply import write_ply

Floats = NDArray[np.float64]
Errors = dict[tuple[str, str, str], list[float]]
"""Absolute errors by kind, name and unit."""

TABLE = Path(__file__).resolve().parents[2] / "src/oral_architect/anatomy/data/measurement_accuracy.csv"
PAGE = Path(__file__).resolve().parents[2] / "docs/reference/measurements-of-teeth.md"
LANDMARK_GOAL_MM, AXIS_GOAL_DEG = 0.3, 4.0
SAME_TOOTH_MM = 3.0
"""A tooth is rightly numbered when its centre lies this near to that tooth's true centre."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Say how many patients."""
    parser.add_argument("--patients", type=int, default=12)
    parser.add_argument("--first", type=int, default=3000, help="seed of the first patient")
    parser.add_argument("--jobs", type=int, default=1, help="patients at once")
    parser.add_argument("--keep", type=Path, help="folder that keeps the patients for another run")
    parser.add_argument("--write", action="store_true", help="write the table the program states accuracies from")


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Make, scan, read and compare."""
    errors: Errors = defaultdict(list)
    counts: dict[str, int] = defaultdict(int)
    figures: dict[tuple[str, str, str], tuple[float, float, int]] = {}
    commit = parts.commit()
    with ProcessPoolExecutor(options.jobs) as pool:
        jobs = [pool.submit(one, options.first + k, options.keep) for k in range(options.patients)]
        for done, job in enumerate(jobs, 1):
            for key, values in job.result()[0].items():
                errors[key] += values
            for name, count in job.result()[1].items():
                counts[name] += count
            print(f"landmarks: {done} patients {dict(counts)}", file=sys.stderr, flush=True)
            figures = {key: _figures(values) for key, values in sorted(errors.items())}
            if options.write:
                source = f"python -m benchmarks.anatomy.landmarks --first {options.first} --patients {done}"
                _write(figures, source, commit)
    return {"rows": _rows(figures), "detail": {"counts": counts, "figures": _named(figures)}}


def one(seed: int, keep: Path | None) -> tuple[Errors, dict[str, int]]:
    """Errors and counts of one patient."""
    errors: Errors = defaultdict(list)
    counts: dict[str, int] = defaultdict(int)
    patient, landscape = _read_patient(seed, keep)
    compare(patient, landscape, errors, counts)
    return errors, counts


def _read_patient(seed: int, keep: Path | None) -> tuple[phantom.Patient, Landscape]:
    """Make a patient, or take it from those kept, and read its scans."""
    kept = None if keep is None else keep / f"{seed}.pickle"
    if kept is not None and kept.exists():
        patient, scans = pickle.loads(kept.read_bytes())
    else:
        patient = phantom.run(phantom.PhantomSettings(seed=seed, harms=() if seed % 2 == 0 else None))
        scans = scanned(patient)
        if kept is not None:
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_bytes(pickle.dumps((patient, scans)))
    return patient, anatomy.run(scans)


def scanned(patient: phantom.Patient) -> list[scan.Scan]:
    """Write the two scans of a patient to files and read them back."""
    scans = []
    with tempfile.TemporaryDirectory() as folder:
        for jaw in ("upper", "lower"):
            path = Path(folder) / f"{jaw}.ply"
            write_ply(path, patient.shapes[f"{jaw}_scan"])
            scans.append(scan.run(path))
    return scans


def compare(patient: phantom.Patient, landscape: Landscape, errors: Errors, counts: dict[str, int]) -> None:
    """Add the errors of one patient."""
    teeth = true_teeth(patient)
    points = true_points(teeth)
    for arch in landscape.arches:
        to_lps = np.linalg.inv(np.array(arch.to_patient) @ np.array(patient.to_scan))
        own = {f for f in teeth if (f < 30) == (arch.jaw == "upper")}
        right = {f for f in arch.teeth if f in own and _is_same(landscape, f, teeth[f], to_lps)}
        counts["teeth"] += len(own)
        counts["missed_or_misnumbered"] += len(own - right)
        for fdi in sorted(right):
            _axes(landscape, teeth[fdi], to_lps, errors)
            _points(landscape, teeth[fdi], points[fdi], to_lps, errors, counts)
            _sizes(landscape, teeth[fdi], points[fdi], errors)
    for measure in _true_measures(patient, teeth, points, landscape):
        found = landscape.measure(measure.name, fdi=measure.fdi, jaw=measure.jaw)
        if found is not None:
            errors["measure", measure.name, measure.unit].append(abs(found.value - measure.value))


def _moved(matrix: Floats, point: Floats) -> Floats:
    return np.asarray(matrix[:3, :3] @ point + matrix[:3, 3])


def _is_same(landscape: Landscape, fdi: int, tooth: TrueTooth, to_lps: Floats) -> bool:
    at = _moved(to_lps, np.array(landscape.tooth(fdi).centroid_mm))
    return bool(np.linalg.norm(at - tooth.frame[:3, 3]) < SAME_TOOTH_MM)


def _axes(landscape: Landscape, tooth: TrueTooth, to_lps: Floats, errors: Errors) -> None:
    found = np.array(landscape.tooth(tooth.fdi).axes) @ to_lps[:3, :3].T
    cosine = np.clip((found * tooth.frame[:3, :3].T).sum(axis=1), -1, 1)
    for name, angle in zip(("mesial", "buccal", "occlusal"), np.degrees(np.arccos(cosine)), strict=True):
        errors["axis", name, "deg"].append(float(angle))


def _points(
    landscape: Landscape,
    tooth: TrueTooth,
    true: dict[tuple[str, str], Floats],
    to_lps: Floats,
    errors: Errors,
    counts: dict[str, int],
) -> None:
    found = {(x.kind, x.name): x for x in landscape.landmarks if x.fdi == tooth.fdi}
    counts["true_points"] += len(true)
    counts["points_not_given"] += len(set(true) - set(found))
    for key, point in true.items():
        if key in found:
            at = _moved(to_lps, np.array(found[key].at_mm))
            distance = float(np.linalg.norm(at - tooth.world(point)))
            errors[(*key, "mm")].append(distance)
            errors[key[0], "", "mm"].append(distance)


def _sizes(landscape: Landscape, tooth: TrueTooth, true: dict[tuple[str, str], Floats], errors: Errors) -> None:
    md, bl = true_widths(tooth)
    sizes = {"width_md": md, "width_bl": bl}
    end = facial_end(tooth.fdi, true)
    if end is not None and shows_buccal_margin(tooth.margin, end[0]):
        sizes["crown_height"] = float(end[2] - mid_buccal_margin(tooth.margin, end[0])[2])
    for name, size in sizes.items():
        found = landscape.measure(name, fdi=tooth.fdi)
        if found is not None:
            errors["measure", name, "mm"].append(abs(found.value - size))


def _true_measures(
    patient: phantom.Patient,
    teeth: dict[int, TrueTooth],
    points: dict[int, dict[tuple[str, str], Floats]],
    landscape: Landscape,
) -> list[Measure]:
    """The numbers of arches and bite, from true points; of an arch with a tooth misread none, as it is another arch."""
    present = {t.fdi for t in landscape.teeth}
    marks = Marks(
        points={(f, *key): teeth[f].world(p) for f, own in points.items() for key, p in own.items()},
        widths_md={f: true_widths(t)[0] for f, t in teeth.items()},
        mesial={f: t.frame[:3, 0] for f, t in teeth.items()},
    )
    measures: list[Measure] = []
    whole = {jaw: {f for f in teeth if (f < 30) == (jaw == "upper")} <= present for jaw in ("upper", "lower")}
    for jaw in ("upper", "lower"):
        frame = arch_frame(marks, jaw)
        if frame is not None and whole[jaw]:
            measures += arch_measures(marks, frame)
    upper = arch_frame(marks, "upper")
    if upper is not None and all(whole.values()):
        front = [patient.shapes[f"intact_{t}"] for t in (41, 31, 42, 32) if t in teeth]
        measures += overjet_and_overbite(marks, upper, concatenate(front) if front else None)
        measures += midlines(marks, upper) + molar_and_canine_relation(marks, upper) + bolton(marks.widths_md)
    return measures


def _figures(values: list[float]) -> tuple[float, float, int]:
    return float(np.median(values)), float(np.quantile(values, 0.95)), len(values)


def _rows(figures: dict[tuple[str, str, str], tuple[float, float, int]]) -> list[dict[str, Any]]:
    rows = []
    for (kind, name, unit), (median, p95, n) in figures.items():
        if name and kind not in ("measure", "axis"):
            continue
        goal = AXIS_GOAL_DEG if kind == "axis" else None if kind == "measure" else LANDMARK_GOAL_MM
        label = f"{kind} {name}".strip().replace("_", " ")
        rows.append(
            {
                "on": "phantoms",
                "measure": f"{label}: median error (P95, n)",
                "goal": "" if goal is None else f"≤ {goal:g} {unit}",
                "measured": f"{median:.2f} {unit} ({p95:.2f}, {n})",
                "met": None if goal is None else median <= goal,
            }
        )
    return rows


def _named(figures: dict[tuple[str, str, str], tuple[float, float, int]]) -> dict[str, list[float]]:
    return {" ".join(k): [round(m, 4), round(p, 4), n] for k, (m, p, n) in figures.items()}


def _write(figures: dict[tuple[str, str, str], tuple[float, float, int]], source: str, commit: str) -> None:
    with TABLE.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(["name", "kind", "unit", "median_abs_error", "p95_abs_error", "n", "source", "commit"])
        for (kind, name, unit), (median, p95, n) in figures.items():
            writer.writerow([name, kind, unit, f"{median:.3f}", f"{p95:.3f}", n, source, commit])
    before, rest = PAGE.read_text(encoding="utf-8").split("<!-- accuracy -->")
    after = rest.split("<!-- /accuracy -->")[1]
    PAGE.write_text(f"{before}<!-- accuracy -->\n{page_table()}<!-- /accuracy -->{after}", encoding="utf-8")


def page_table() -> str:
    """The committed table as Markdown, for the reference page."""
    with TABLE.open(encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    lines = ["| what | median error | P95 | n |", "|---|---|---|---|"]
    for r in rows:
        what = r["name"] or f"**all {r['kind']}**"
        what = what if r["kind"] == "measure" or not r["name"] else f"{r['kind']} {what}"
        lines.append(
            f"| {what} | {float(r['median_abs_error']):.2f} {r['unit']} | {float(r['p95_abs_error']):.2f} | {r['n']} |"
        )
    sources = dict.fromkeys(f"`{r['source']}`, commit {r['commit']}." for r in rows)
    return "\n".join([*lines, "", *sources, ""])


def main() -> None:
    """Run alone."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser)
    print(json.dumps(run(parser.parse_args()), indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
