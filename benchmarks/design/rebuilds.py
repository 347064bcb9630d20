"""Wear, erode and cut down posterior teeth of real arches in software, rebuild them, compare with the real surface.

    python -m benchmarks.design.rebuilds --arches FOLDER [--teeth 12] [--seed 0] [--forms inferred,mirror]

Each tooth is taken from another arch, drawn by the seed. Its neighbours are told from the labels of the scan, so that
only the design is judged. *Known*: the program is told which surface is lost; *found*: it has to see that itself.
Distances are from the real surface that was lost to the rebuilt one.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oral_architect.anatomy import Arch, Landscape, Tooth
from oral_architect.anatomy.training.labelled import LabelledArch, find_labelled, read_labelled
from oral_architect.case import matrix4, vector
from oral_architect.design.proposals import Proposal, ProposalName, ProposalSettings, propose
from oral_architect.errors import OralArchitectError
from oral_architect.geometry import Mesh, Points
from oral_architect.geometry.closest import Surface
from oral_architect.teeth.fdi import arch, mirror, position

Floats = NDArray[np.float64]

HARMS = ("flat", "erosion", "preparation")
GOALS_MM = {"flat": 0.22, "erosion": 0.22, "preparation": 0.40}
DEPTHS_MM = (0.3, 1.5)
LINE_ABOVE_MM = 0.5
LOST_MM = 0.05


@dataclass(frozen=True, eq=False)
class Subject:
    """One tooth of a real arch with the teeth near it."""

    name: str
    fdi: int
    landscape: Landscape

    @property
    def crown(self) -> Mesh:
        """Its real surface, patient frame."""
        return self.landscape.crown(self.fdi)

    @property
    def axes(self) -> Floats:
        """Unit rows mesial, buccal, occlusal."""
        return np.asarray(self.landscape.tooth(self.fdi).axes)


def subjects(folder: Path, count: int, seed: int) -> list[Subject]:
    """Draw posterior teeth, each from another arch, with at least one neighbour."""
    rng = np.random.default_rng(seed)
    paths = find_labelled(folder)
    out: list[Subject] = []
    for i in rng.permutation(len(paths)):
        if len(out) == count:
            break
        scan = read_labelled(paths[int(i)])
        choice = [t for t in scan.teeth if 4 <= position(t) <= 7 and (scan.labels == t).sum() > 150]
        if not choice:
            continue
        fdi = int(rng.choice(choice))
        try:
            out.append(Subject(scan.name, fdi, landscape_of(scan, fdi)))
        except (OralArchitectError, KeyError) as problem:
            say(f"{scan.name} {fdi}: left out, {problem}")
    return out


def landscape_of(scan: LabelledArch, fdi: int) -> Landscape:
    """Measure one tooth, those near it and its twin, as the anatomy room does with its own labels."""
    from oral_architect.anatomy.crowns.axes import tooth_axes
    from oral_architect.anatomy.crowns.crown import extract_crown
    from oral_architect.anatomy.crowns.frame import patient_frame
    from oral_architect.anatomy.crowns.margin import gingival_margin

    to_patient, _ = patient_frame(scan.mesh, scan.labels, scan.jaw)
    surface = scan.mesh.transformed(to_patient)
    row = arch(scan.jaw)
    near = [t for t in scan.teeth if t in row and (abs(row.index(t) - row.index(fdi)) <= 2 or t == mirror(fdi))]
    centres = {t: surface.vertices[scan.labels == t].mean(0) for t in scan.teeth}
    teeth, shapes, arrays = [], {scan.jaw: surface}, {}
    for t in near:
        crown = extract_crown(surface, scan.labels, t)
        margin = gingival_margin(surface, scan.labels, t)
        stands = tooth_axes(crown.mesh, margin, t, centres)
        axes = (vector(stands.axes[0]), vector(stands.axes[1]), vector(stands.axes[2]))
        teeth.append(
            Tooth(
                fdi=t,
                confidence=1.0,
                centroid_mm=vector(stands.centroid_mm),
                axes=axes,
                width_md_mm=stands.width_md_mm,
                width_bl_mm=stands.width_bl_mm,
                height_mm=stands.height_mm,
            )
        )
        shapes[f"crown_{t}"], arrays[f"margin_{t}"] = crown.mesh, margin
    record = Arch(
        jaw=scan.jaw,
        jaw_confidence=1.0,
        pose_confidence=1.0,
        to_patient=matrix4(to_patient),
        teeth=tuple(sorted(near)),
        missing=(),
    )
    return Landscape(arches=(record,), teeth=tuple(teeth), shapes=shapes, arrays=arrays)


def harmed(subject: Subject, harm: str, rng: np.random.Generator) -> tuple[Mesh, NDArray[np.bool_], float]:
    """Wear or erode the open crown; returns it, which of its vertices were moved, and how deep (mm)."""
    crown, axes = subject.crown, subject.axes
    depth = float(rng.uniform(*DEPTHS_MM))
    up = axes[2]
    if harm == "flat":
        tilt = np.deg2rad(rng.uniform(-6, 6, 2))
        normal = up + tilt[0] * axes[0] + tilt[1] * axes[1]
        normal /= np.linalg.norm(normal)
        height = crown.vertices @ normal
        over = np.maximum(height - (height.max() - depth), 0.0)
        moved = crown.vertices - over[:, None] * normal
    else:
        toward = up if rng.random() < 0.6 else (axes[1] if rng.random() < 0.5 else -axes[1])
        facing = np.clip((crown.vertex_normals @ toward - 0.2) / 0.4, 0.0, 1.0)
        share = facing * facing * (3 - 2 * facing)
        over = depth * _smoothed(crown, share) * _inner(crown)
        moved = crown.vertices - over[:, None] * _smooth_normals(crown)
    return Mesh(moved, crown.faces), np.asarray(over > LOST_MM), depth


def prepared(subject: Subject) -> Points:
    """A finish line half a millimetre above the gingival margin of the whole tooth, on its real surface where seen."""
    from oral_architect.design.proposals.witnesses import hear, whole
    from oral_architect.teeth.shape_model import crown_model

    own = hear(subject.landscape, subject.landscape.tooth(subject.fdi))
    if own is None:
        raise ValueError("the crown is too small")
    mesh = whole(subject.landscape, own)
    model = crown_model(subject.fdi)
    wall, _ = mesh.part(~model.base[mesh.faces].all(axis=1))
    rim = mesh.vertices[model.margin] + (LINE_ABOVE_MM + max(own.fit.cover_mm, 0.0)) * subject.axes[2]
    return Surface(wall).nearest(rim).points


def rebuilt_rms(subject: Subject, proposal: Proposal, lost: NDArray[np.bool_]) -> float:
    """Root mean square distance from the lost real surface to the rebuilt one, mm, by area."""
    crown = subject.crown
    faces = lost[crown.faces].all(axis=1)
    at = crown.vertices[crown.faces[faces]].mean(axis=1)
    away = Surface(proposal.outer).nearest(at).distance_mm
    area = crown.face_areas[faces]
    return float(np.sqrt((area * away**2).sum() / area.sum()))


def above_line(subject: Subject, line: Points) -> NDArray[np.bool_]:
    """Vertices of the crown that lie occlusal of a line around it."""
    axes = subject.axes
    centre = line.mean(axis=0)
    around, points = (line - centre) @ axes.T, (subject.crown.vertices - centre) @ axes.T
    angle = np.arctan2(around[:, 1], around[:, 0])
    order = np.argsort(angle, kind="stable")
    level = np.interp(np.arctan2(points[:, 1], points[:, 0]), angle[order], around[order, 2], period=2 * np.pi)
    return np.asarray(points[:, 2] > level + 0.1)


def rebuild(
    subject: Subject, harm: str, rng: np.random.Generator, forms: tuple[ProposalName, ...], settings: ProposalSettings
) -> list[dict[str, Any]]:
    """Harm one tooth, let it be rebuilt, measure."""
    fdi, out = subject.fdi, []
    if harm == "preparation":
        line = prepared(subject)
        lost, depth = above_line(subject, line), float("nan")
        shapes = {k: m for k, m in subject.landscape.shapes.items() if k != f"crown_{fdi}"}
        teeth = tuple(t for t in subject.landscape.teeth if t.fdi != fdi)
        land = subject.landscape.model_copy(update={"shapes": shapes, "teeth": teeth})
        tries: dict[str, dict[str, Any]] = {"known": {"finish_line": line}}
    else:
        crown, lost, depth = harmed(subject, harm, rng)
        land = subject.landscape.model_copy(update={"shapes": {**subject.landscape.shapes, f"crown_{fdi}": crown}})
        tries = {"known": {"defect": lost}, "found": {}}
    for told, given in tries.items():
        began = time.process_time()
        made = propose(land, fdi, wanted=forms if told == "known" else ("inferred",), settings=settings, **given)
        seconds = time.process_time() - began
        for proposal in made:
            sd = proposal.sd_mm
            out.append(
                {
                    "arch": subject.name,
                    "fdi": fdi,
                    "harm": harm,
                    "told": told,
                    "form": proposal.name,
                    "depth_mm": round(depth, 2),
                    "rms_mm": round(rebuilt_rms(subject, proposal, lost), 3),
                    "sd_mm": None if sd is None else round(float(np.sqrt((sd[~proposal.closed] ** 2).mean())), 3),
                    "cpu_s": round(seconds / len(made), 2),
                }
            )
            say(json.dumps(out[-1]))
    return out


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Harm, rebuild, measure; returns the table and its summary."""
    forms = tuple(options.forms.split(","))
    rows = []
    for number, subject in enumerate(subjects(options.arches, options.teeth, options.seed)):
        for harm in HARMS:
            rng = np.random.default_rng([options.seed, number, HARMS.index(harm)])
            try:
                rows += rebuild(subject, harm, rng, forms, ProposalSettings())
            except (OralArchitectError, ValueError, np.linalg.LinAlgError) as problem:
                say(f"{subject.name} {subject.fdi} {harm}: {problem}")
                rows.append({"arch": subject.name, "fdi": subject.fdi, "harm": harm, "problem": str(problem)})
    return {"summary": summary(rows), "rows": rows}


def summary(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Root mean square over all teeth, median and worst, for each harm and form."""
    groups: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    for row in rows:
        if "rms_mm" in row:
            groups[row["harm"], row["told"], row["form"]].append(row["rms_mm"])
    return [
        {
            "on": f"{harm}, loss {told}",
            "form": form,
            "teeth": len(values),
            "rms_mm": round(float(np.sqrt(np.mean(np.square(values)))), 3),
            "median_mm": round(float(np.median(values)), 3),
            "worst_mm": round(max(values), 3),
            "goal_mm": GOALS_MM[harm],
            "met": bool(np.sqrt(np.mean(np.square(values))) <= GOALS_MM[harm]),
        }
        for (harm, told, form), values in sorted(groups.items())
    ]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Say what is measured, and on what."""
    parser.add_argument("--arches", type=Path, help="folder of labelled scans of real arches")
    parser.add_argument("--teeth", type=int, default=12, help="how many teeth")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--forms", default="inferred,mirror,library,smooth", help="which forms are compared")


def say(line: str) -> None:
    """Tell the person waiting how far it is."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def _inner(crown: Mesh) -> Floats:
    """0 at the open edge of a surface, 1 from a millimetre off it."""
    from scipy.spatial import cKDTree

    edge = crown.vertices[np.unique(crown.open_edges)]
    return np.asarray(np.clip(cKDTree(edge).query(crown.vertices)[0] / 1.0, 0.0, 1.0))


def _smoothed(mesh: Mesh, values: Floats, rounds: int = 8) -> Floats:
    edges, _ = mesh.edge_table
    both = np.concatenate([edges, edges[:, ::-1]])
    degree = np.maximum(np.bincount(both[:, 0], minlength=len(values)), 1)
    for _ in range(rounds):
        values = (
            0.5 * values + 0.5 * np.bincount(both[:, 0], weights=values[both[:, 1]], minlength=len(values)) / degree
        )
    return values


def _smooth_normals(mesh: Mesh) -> Floats:
    normals = np.stack([_smoothed(mesh, mesh.vertex_normals[:, i], 3) for i in range(3)], axis=1)
    return np.asarray(normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12))


def main() -> None:
    """Run alone."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser)
    options = parser.parse_args()
    if options.arches is None:
        raise SystemExit("--arches FOLDER is needed")
    print(json.dumps(run(options)["summary"], indent=1))


if __name__ == "__main__":
    main()
