"""Kinds and numbers of teeth in mouths that are not complete and grown.

    python -m benchmarks.anatomy.special [--count 20] [--first-seed 910000]

Phantoms of seeds that no network was trained on, `typical` scanner: children, milk teeth kept, teeth too many, parts of
an arch, arches closed to a block; and grown mouths, in which none of it may be found.
"""

from __future__ import annotations

import argparse
import json
from typing import Any

import numpy as np

from oral_architect.anatomy.reading.labels import LabelSettings, look_at, number, settle_jaws
from oral_architect.anatomy.training.phantoms import LEAST_PIECE, DrawnScan
from oral_architect.errors import NotAnArchError, StageError
from oral_architect.phantom.arch_form import ArchFormSettings, draw_arch
from oral_architect.phantom.based import add_base
from oral_architect.phantom.gingiva import grow_gingiva
from oral_architect.phantom.jaw import Border, join
from oral_architect.phantom.partial import cut_partial
from oral_architect.phantom.scanner import TYPICAL, scan
from oral_architect.phantom.scanner_sight import main_faces
from oral_architect.teeth.fdi import Jaw, kind

NONE = {"child_rate": 0.0, "retained_rate": 0.0, "supernumerary_rate": 0.0, "half_erupted_rate": 0.0}
MOUTHS: dict[str, dict[str, float]] = {
    "grown": NONE,
    "child": {**NONE, "child_rate": 1.0},
    "milk tooth kept": {**NONE, "retained_rate": 1.0},
    "tooth too many": {**NONE, "supernumerary_rate": 1.0},
    "part of an arch": NONE,
    "closed to a block": NONE,
}


def draw(mouth: str, seed: int) -> DrawnScan:
    """Return the scan of a seed; a seed whose solids cannot be joined moves on to the next draw."""
    for attempt in range(5):
        rng = np.random.default_rng([seed, attempt])
        jaw: Jaw = "upper" if rng.random() < 0.5 else "lower"
        try:
            arch = draw_arch(jaw, rng, ArchFormSettings(**MOUTHS[mouth]))
            surface = join(arch, {t.fdi: t.mesh for t in arch.present}, grow_gingiva(arch, rng), Border.draw(rng), rng)
        except StageError:
            continue
        whole = main_faces(surface.mesh, np.ones(len(surface.mesh.faces), dtype=bool), LEAST_PIECE)
        mesh, kept = surface.mesh.part(whole)
        preset = TYPICAL.model_copy(
            update={"pose": "none", "units": ("mm",), "inverted_share": 0.0, "unmerged_share": 0.0}
        )
        scanned = scan(mesh, surface.labels[kept], preset, rng)
        mesh, labels = scanned.mesh, scanned.labels
        if mouth == "part of an arch":
            mesh, labels = cut_partial(mesh, labels, rng)
        if mouth == "closed to a block":
            mesh, labels = add_base(mesh, labels, jaw, rng)
        return DrawnScan(jaw, mesh, labels)
    raise StageError(f"seed {seed} gave no jaw in five draws", where="phantom")


def judge(drawn: DrawnScan, count: dict[str, int]) -> None:
    """Add one scan's teeth to the counts."""
    settings = LabelSettings(refine=False)
    there = [int(t) for t in np.unique(drawn.labels) if t > 0 and (drawn.labels == t).sum() >= 20]
    count["scans"] += 1
    count["teeth"] += len(there)
    count["special"] += sum(kind(t) != "permanent" for t in there)
    try:
        seen = look_at(drawn.mesh, settings)
        found = number(seen, settle_jaws([seen.upper])[0], settings)
    except NotAnArchError:
        count["refused"] += 1
        return
    count["jaw"] += found.jaw == drawn.jaw
    hits = set()
    for tooth in there:
        own = found.labels[drawn.labels == tooth]
        told = np.bincount(own[own > 0]).argmax() if 2 * (own > 0).sum() >= len(own) else 0
        count["right"] += int(told == tooth)
        count["special right"] += int(told > 0 and kind(int(told)) == kind(tooth) != "permanent")
        hits.add(int(told))
        count["to check of wrong"] += int(told != tooth and told in found.to_check)
    count["invented"] += sum(kind(t) != "permanent" for t in found.teeth if t not in there)


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Return the counts of each kind of mouth."""
    names = ("scans", "refused", "jaw", "teeth", "right", "special", "special right", "invented", "to check of wrong")
    figures = {}
    for mouth in MOUTHS:
        count = dict.fromkeys(names, 0)
        for seed in range(options.first_seed, options.first_seed + options.count):
            judge(draw(mouth, seed), count)
        figures[mouth] = count
        print(f"{mouth}: {count}", flush=True)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--first-seed", type=int, default=910_000)
    print(json.dumps(run(parser.parse_args())))


if __name__ == "__main__":
    main()
