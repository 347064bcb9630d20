"""Contacts asked for against contacts made, on phantom mouths with one crown replaced by the mean form.

    python benchmarks/design/contacts.py [--mouths 4] [--first-seed 700]

Each mouth is drawn and brought into occlusion; teeth of every kind are replaced, one after the other, by the mean crown
of that tooth in its place and size, which is off by some tenths of a millimetre. Contacts are measured again by a
finer sampling of both surfaces than the design itself uses.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

import numpy as np

from oral_architect.anatomy.document import Arch, Bite, Landscape, Tooth
from oral_architect.case import matrix4, vector
from oral_architect.design.contact import Opposite
from oral_architect.design.form import subdivided
from oral_architect.design.function import (
    ContactsWanted,
    Surroundings,
    arrange,
    free_form,
    movements,
    surroundings_of,
    touching,
)
from oral_architect.design.function.facing import Facing
from oral_architect.findings.fit import closure
from oral_architect.geometry import Mesh
from oral_architect.geometry.closest import Surface
from oral_architect.phantom import PhantomSettings
from oral_architect.phantom.arch_form import draw_arch, draw_form
from oral_architect.phantom.occlusion import occlude
from oral_architect.phantom.placed_tooth import PlacedTooth
from oral_architect.teeth.fdi import jaw_of
from oral_architect.teeth.shape_model import crown_model

TEETH = (16, 25, 11, 36, 44, 47, 33)
STRENGTHS_UM = ((None, None, None), (50.0, -30.0, 20.0), (0.0, 75.0, -25.0))
"""Mesial, distal, bite; ``None`` is the default row."""


def mouth(seed: int) -> tuple[Landscape, dict[int, PlacedTooth]]:
    """Return a drawn mouth in occlusion: open crowns with true axes."""
    settings = PhantomSettings(seed=seed)
    rng = np.random.default_rng(seed)
    form = draw_form(rng, settings.form)
    upper = draw_arch("upper", rng, settings.form, form)
    lower = occlude(upper, draw_arch("lower", rng, settings.form, form))
    placed = {t.fdi: t for t in (*upper.present, *lower.present)}
    shapes, teeth = {}, []
    for fdi, tooth in placed.items():
        crown = tooth.mesh
        shapes[f"crown_{fdi}"] = crown.part(~closure(fdi)[crown.faces].all(axis=1))[0]
        axes = tooth.pose[:3, :3].T
        widths = np.ptp(tooth.local.vertices, axis=0)
        teeth.append(
            Tooth(
                fdi=fdi,
                confidence=1.0,
                centroid_mm=vector(crown.vertices.mean(axis=0)),
                axes=(vector(axes[0]), vector(axes[1]), vector(axes[2])),
                width_md_mm=float(widths[0]),
                width_bl_mm=float(widths[1]),
                height_mm=float(widths[2]),
            )
        )
    arches = tuple(
        Arch(
            jaw=jaw,
            jaw_confidence=1.0,
            pose_confidence=1.0,
            to_patient=matrix4(np.eye(4)),
            teeth=tuple(t for t in placed if jaw_of(t) == jaw),
            missing=(),
        )
        for jaw in ("upper", "lower")
    )
    bite = Bite(
        given=True,
        lower_moved=matrix4(np.eye(4)),
        contacts=(),
        max_penetration_mm=0.1,
        residual_mm=0.0,
        ambiguous=False,
    )
    return Landscape(arches=arches, teeth=tuple(teeth), bite=bite, shapes=shapes), placed


def gap_um(form: Mesh, able: np.ndarray, other: Opposite, about: np.ndarray | None, radius_mm: float = 0.5) -> float:
    """Least gap between a form and another surface by fine sampling of both, µm; about a place, or anywhere."""
    lattice = np.array([(i, j, 8 - i - j) for i in range(9) for j in range(9 - i)]) / 8
    faces = form.faces[able[form.faces].all(axis=1)]
    middle = form.vertices[faces].mean(axis=1)
    coarse = other.gap_mm(middle)
    if about is not None:
        coarse[np.linalg.norm(middle - about, axis=1) > radius_mm + 0.3] = np.inf
    faces = faces[coarse < max(coarse.min(), 0) + 0.1]
    points = np.einsum("lc,fcd->fld", lattice, form.vertices[faces]).reshape(-1, 3)
    gap = other.gap_mm(points)
    if about is not None:
        gap[np.linalg.norm(points - about, axis=1) > radius_mm] = np.inf
    place = points[np.argmin(gap)]
    own = other.surface.mesh.vertices
    own = own[np.linalg.norm(own - place, axis=1) < 0.4]
    back = Surface(form).signed_distance_mm(own) if len(own) else np.array([np.inf])
    return 1000 * float(min(gap.min(), back.min()))


def replaced(landscape: Landscape, tooth: PlacedTooth, around: Surroundings, wanted: ContactsWanted) -> dict[str, Any]:
    """Replace one crown by the mean form and give it its function."""
    fdi = tooth.fdi
    fine, closed = subdivided(Mesh(crown_model(fdi).mean * tooth.size, tooth.local.faces), closure(fdi))
    form = free_form(fine.transformed(tooth.pose), closed)
    began, cpu = time.perf_counter(), time.process_time()
    made = arrange(form, around, wanted)
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    able = made.form.new > 0.9
    errors, before = [], []
    for contact in made.contacts:
        other = {"mesial": around.mesial, "distal": around.distal}.get(contact.name, around.antagonist)
        if contact.at is None or other is None:
            continue
        about = None if contact.kind == "proximal" else np.array(contact.at)
        errors.append(gap_um(made.form.mesh, able, other, about) + contact.asked_um)
        before.append(gap_um(form.mesh, able, other, about, 0.9) + contact.asked_um)
    touched = touching(made.form, Facing("bite", around.antagonist)) if around.antagonist else np.zeros((0, 3))
    return {
        "fdi": fdi,
        "errors_um": errors,
        "before_um": before,
        "missed": [c.name for c in made.contacts if c.at is None],
        "kinds": [c.kind for c in made.contacts if c.kind != "proximal" and c.at],
        "touching": len(touched),
        "asked": sum(c.kind != "proximal" for c in made.contacts),
        "balance": made.balance.model_dump() if made.balance else None,
        "in_the_way_before_um": max((i.overlap_um for i in made.before), default=0.0),
        "in_the_way_after_um": max((i.overlap_um for i in made.after), default=0.0),
        "cut_mm": made.cut_mm,
        "moved_mm": float(np.linalg.norm(made.form.mesh.vertices - form.mesh.vertices, axis=1).max()),
        "seconds": seconds,
        "cpu_s": cpu,
        "notes": made.notes,
    }


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Run the benchmark; ``options`` may hold ``mouths`` and ``first_seed``."""
    first, count = getattr(options, "first_seed", 700), getattr(options, "mouths", 4)
    rows: list[dict[str, Any]] = []
    ways_s = []
    for seed in range(first, first + count):
        landscape, placed = mouth(seed)
        for i, fdi in enumerate(t for t in TEETH if t in placed):
            began = time.process_time()
            ways = movements(landscape, (fdi,))
            ways_s.append(time.process_time() - began)
            mesial, distal, bite = STRENGTHS_UM[(seed + i) % len(STRENGTHS_UM)]
            wanted = ContactsWanted(mesial_um=mesial, distal_um=distal, occlusal_um=bite)
            row = replaced(landscape, placed[fdi], surroundings_of(landscape, fdi, ways), wanted)
            rows.append({"seed": seed, **row})
            print(_line(rows[-1]), flush=True)
    return _summary(rows, ways_s)


def _line(row: dict[str, Any]) -> str:
    worst = max((abs(e) for e in row["errors_um"]), default=0.0)
    was = max((abs(e) for e in row["before_um"]), default=0.0)
    return (
        f"{row['seed']} {row['fdi']} contacts {len(row['errors_um'])} (missed {row['missed']}) "
        f"worst error {was:.0f} -> {worst:.1f} um, touching {row['touching']} of {row['asked']} {row['kinds']}, "
        f"in the way {row['in_the_way_before_um']:.0f} -> {row['in_the_way_after_um']:.0f} um, "
        f"cut {row['cut_mm']:.2f}, moved {row['moved_mm']:.2f} mm, {row['cpu_s']:.1f} s cpu"
    )


def _summary(rows: list[dict[str, Any]], ways_s: list[float]) -> dict[str, Any]:
    errors = np.abs(np.concatenate([r["errors_um"] for r in rows]))
    before = np.abs(np.concatenate([r["before_um"] for r in rows]))
    offs = [r["balance"] for r in rows if r["balance"]]

    def spread(values: Any) -> dict[str, float]:
        return {
            "p50": float(np.percentile(values, 50)),
            "p95": float(np.percentile(values, 95)),
            "max": float(np.max(values)),
        }

    return {
        "crowns": len(rows),
        "contacts": len(errors),
        "asked_minus_made_um": spread(errors),
        "within_10_um": float(np.mean(errors <= 10)),
        "before_um": spread(before),
        "contacts_asked_for_without_a_place": int(sum(len(r["missed"]) for r in rows)),
        "touching_elsewhere": float(np.mean([max(0, r["touching"] - len(r["kinds"])) for r in rows])),
        "balance_mesial_distal": spread([abs(b["mesial_distal"]) for b in offs]),
        "balance_buccal_lingual": spread([abs(b["buccal_lingual"]) for b in offs]),
        "in_the_way_before_um": spread([r["in_the_way_before_um"] for r in rows]),
        "in_the_way_after_um": spread([r["in_the_way_after_um"] for r in rows]),
        "cut_mm": spread([r["cut_mm"] for r in rows]),
        "cpu_s_a_tooth": spread([r["cpu_s"] for r in rows]),
        "cpu_s_movements": spread(ways_s),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mouths", type=int, default=4)
    parser.add_argument("--first-seed", type=int, default=700)
    print(json.dumps(run(parser.parse_args()), indent=1))


if __name__ == "__main__":
    main()
