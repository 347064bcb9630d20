"""Crowns for real prepared teeth, every kind of form side by side, against those a technician made.

    python -m benchmarks.design.crowns --crown-cases FOLDER [--forms inferred,mirror,library,copy,smooth] [--line found]
        [--pointed]

A case is a folder with ``prep_jaw.ply``, ``antagonist.ply``, ``crown.ply`` (outer surface of the reference) and
``case.json`` (jaw, tooth number). The program gets the prepared jaw, which it labels by itself, the antagonist and
the number. ``--line found``: the finish line is the program's own; ``traced``: it is what a person would trace, the
places of the die nearest to the edge of the reference. Both are measured unless one is asked for. ``--pointed``: a
person has also pointed at the prepared tooth, as ``crown --at`` lets them. Forms are cut at the finish line, as a
crown is. The reference's edge runs about 0.3 mm outside the finish line.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oral_architect import anatomy, scan
from oral_architect.anatomy import AnatomySettings, LabelSettings, Landscape
from oral_architect.crown_of_scan import pointed_at
from oral_architect.design.form import subdivided
from oral_architect.design.proposals import Proposal, propose
from oral_architect.errors import OralArchitectError
from oral_architect.geometry import Mesh, Points
from oral_architect.geometry.closest import Surface
from oral_architect.scan.settings import ScanSettings
from oral_architect.teeth.fdi import jaw_of

Floats = NDArray[np.float64]

GOALS = {"rms_mm": 0.40, "f_03": 0.70, "cd_l2_mm2": 0.32}
SAMPLES = 20_000
TAU_MM = 0.3
TOP_MM = 2.0
"""Height of a crown's top."""


@dataclass(frozen=True, eq=False)
class CrownCase:
    """One case in the patient frame, mm."""

    name: str
    fdi: int
    landscape: Landscape
    jaw: Mesh
    antagonist: Mesh
    reference: Mesh


def read_case(folder: Path) -> CrownCase:
    """Read a case and let the program label its prepared jaw."""
    told = json.loads((folder / "case.json").read_text())
    fdi = int(told["guessed"]["fdi"])
    settings = ScanSettings(check_plausible=False)
    jaw = scan.run(folder / "prep_jaw.ply", settings)
    landscape = anatomy.run([jaw], AnatomySettings(label=LabelSettings(jaw=jaw_of(fdi))))
    to_patient = np.array(landscape.arches[0].to_patient)
    other, reference = (
        scan.run(folder / f"{name}.ply", settings).surface.transformed(to_patient) for name in ("antagonist", "crown")
    )
    return CrownCase(folder.name, fdi, landscape, jaw.surface.transformed(to_patient), other, reference)


def pointed(case: CrownCase) -> CrownCase:
    """The case with its number given to the tooth that stands under the middle of the reference's top."""
    up = up_of(case.fdi)
    height = case.reference.vertices @ up
    top = case.reference.vertices[height > height.max() - TOP_MM].mean(axis=0)
    at = Surface(case.jaw).nearest(top[None]).points[0]
    return replace(case, landscape=pointed_at(case.landscape, case.fdi, at))


def finish_line(case: CrownCase, how: str) -> Points:
    """The finish line as found by the program, or as traced by a person."""
    if how == "traced":
        return Surface(case.jaw).nearest(_edge(case.reference)).points
    from oral_architect.design.preparation import find_preparation

    tooth = case.landscape.tooth(case.fdi)
    return find_preparation(case.jaw, case.landscape.crown(case.fdi), tooth, antagonist=case.antagonist).finish_line


def outer_surface(proposal: Proposal, line: Points, up: Floats) -> Mesh:
    """The part of a form above a finish line."""
    mesh, closed = proposal.outer, proposal.closed
    for _ in range(2):
        mesh, closed = subdivided(mesh, closed)
    centre = line.mean(axis=0)
    seed = np.array([1.0, 0.0, 0.0])
    a = np.cross(up, seed)
    a /= np.linalg.norm(a)
    b = np.cross(up, a)

    def angle(points: Points) -> Floats:
        return np.asarray(np.arctan2((points - centre) @ b, (points - centre) @ a))

    order = np.argsort(angle(line), kind="stable")
    level = np.interp(angle(mesh.vertices), angle(line)[order], ((line - centre) @ up)[order], period=2 * np.pi)
    keep = ((mesh.vertices - centre) @ up >= level - 0.02) & ~closed
    return mesh.part(np.asarray(keep[mesh.faces].all(axis=1)))[0]


def up_of(fdi: int) -> Floats:
    """Where a tooth's biting surface points in the patient frame."""
    return np.array([0.0, 0.0, 1.0 if jaw_of(fdi) == "lower" else -1.0])


def compare(reference: Mesh, made: Mesh) -> dict[str, float]:
    """Distances both ways between two open surfaces, as ``score/crown.py`` defines them."""
    there = Surface(made).nearest(_samples(reference, 0)).distance_mm
    back = Surface(reference).nearest(_samples(made, 1)).distance_mm
    precision, recall = float((back <= TAU_MM).mean()), float((there <= TAU_MM).mean())
    return {
        "rms_mm": float(np.sqrt((np.mean(there**2) + np.mean(back**2)) / 2)),
        "f_03": 2 * precision * recall / max(precision + recall, 1e-12),
        "cd_l2_mm2": float(np.mean(there**2) + np.mean(back**2)),
        "p95_mm": float(max(np.percentile(there, 95), np.percentile(back, 95))),
    }


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Propose, cut, compare."""
    rows: list[dict[str, Any]] = []
    for folder in sorted(p.parent for p in options.crown_cases.glob("*/case.json")):
        case = read_case(folder)
        if options.pointed:
            case = pointed(case)
        for how in options.line.split(","):
            try:
                rows += _rows(case, how, tuple(options.forms.split(",")), options.keep)
            except OralArchitectError as problem:
                rows.append({"case": case.name, "fdi": case.fdi, "line": how, "problem": str(problem)})
                sys.stderr.write(json.dumps(rows[-1]) + "\n")
    return {"goals": GOALS, "rows": rows}


def _rows(case: CrownCase, how: str, forms: tuple[Any, ...], keep: Path | None) -> list[dict[str, Any]]:
    line = finish_line(case, how)
    began = time.process_time()
    made = propose(case.landscape, case.fdi, finish_line=line, antagonist=case.antagonist, wanted=forms)
    seconds = time.process_time() - began
    up = up_of(case.fdi)
    rows = []
    for proposal in made:
        surface = outer_surface(proposal, line, up)
        row: dict[str, Any] = {"case": case.name, "fdi": case.fdi, "line": how, "form": proposal.name}
        row |= {k: round(v, 3) for k, v in compare(case.reference, surface).items()}
        row["met"] = row["rms_mm"] <= 0.40 and row["f_03"] >= 0.70 and row["cd_l2_mm2"] <= 0.32
        row |= {"differs": proposal.differs, "cpu_s": round(seconds / len(made), 2)}
        rows.append(row)
        sys.stderr.write(json.dumps(row) + "\n")
        if keep is not None:
            _keep(keep, case, f"{case.name}_{how}_{proposal.name}", surface)
    return rows


def _keep(folder: Path, case: CrownCase, name: str, surface: Mesh) -> None:
    """Write a form in the frame of the case's own files, for other programs to score."""
    from oral_architect.geometry.ply import write_ply

    folder.mkdir(parents=True, exist_ok=True)
    back = np.asarray(np.linalg.inv(np.array(case.landscape.arches[0].to_patient)), dtype=np.float64)
    write_ply(folder / f"{name}.ply", surface.transformed(back))


def _edge(mesh: Mesh) -> Points:
    """The longest open edge of a surface, in order."""
    from oral_architect.design.solid import rims

    loops = [mesh.vertices[np.asarray(loop)] for loop in rims(mesh)]
    return max(loops, key=lambda p: float(np.linalg.norm(np.diff(p, axis=0), axis=1).sum()))


def _samples(mesh: Mesh, seed: int) -> Points:
    rng = np.random.default_rng(seed)
    reach = np.cumsum(mesh.face_areas)
    chosen = np.searchsorted(reach, rng.random(SAMPLES) * reach[-1]).clip(0, len(mesh.faces) - 1)
    u, v = rng.random((2, SAMPLES))
    over = u + v > 1
    u[over], v[over] = 1 - u[over], 1 - v[over]
    a, b, c = (mesh.vertices[mesh.faces[chosen, i]] for i in range(3))
    return np.asarray(a + u[:, None] * (b - a) + v[:, None] * (c - a))


def add_options(parser: argparse.ArgumentParser) -> None:
    """Say what is measured, and on what."""
    parser.add_argument("--crown-cases", type=Path, help="folder of cases")
    parser.add_argument("--forms", default="inferred,mirror,library,copy,smooth", help="which forms are compared")
    parser.add_argument("--line", default="found,traced", help="whose finish line: found, traced or both")
    parser.add_argument("--pointed", action="store_true", help="the prepared tooth is pointed at, too")
    parser.add_argument("--keep", type=Path, help="folder for the forms, as PLY")


def main() -> None:
    """Run alone."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser)
    options = parser.parse_args()
    if options.crown_cases is None:
        raise SystemExit("--crown-cases FOLDER is needed")
    print(json.dumps(run(options), indent=1))


if __name__ == "__main__":
    main()
