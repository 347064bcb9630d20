"""How well the bite is found: phantom patients taken out of bite, and real partial scans displaced from theirs.

    python -m benchmarks.anatomy.bite [--patients 20] [--first 4010] [--harms 3] [--scanner clean]
                                      [--keep FOLDER] [--crown-cases FOLDER] [--draws 20]

Phantoms: both jaws are scanned in bite; each scan then gets a random pose of its own, of any size, and is brought into
its patient frame by its true labels, so that only the bite is measured. Error at the middle of the occlusal surfaces.
Crown cases (``prep_jaw.ply`` and ``antagonist.ply`` in bite in each folder): the antagonist is displaced by up to 3 mm
and 5 degrees and settled without labels; RMS distance of its vertices from where they were.
"""

from __future__ import annotations

import argparse
import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from oral_architect import phantom, scan
from oral_architect.anatomy.bite.articulate import articulate
from oral_architect.anatomy.bite.rough import settle_rough_bite
from oral_architect.anatomy.crowns.frame import patient_frame
from oral_architect.errors import OralArchitectError
from oral_architect.geometry import Mesh
from oral_architect.geometry.registration import rotation_from_vector

Floats = NDArray[np.float64]

GOALS = {"translation_mm": (0.05, 0.2), "rotation_deg": (0.3, 1.0)}
CROWN_GOAL_MM = 0.15
AWAY_MM, AWAY_DEG = 3.0, 5.0


def add_options(parser: argparse.ArgumentParser) -> None:
    """Say how many patients and draws, and where the crown cases lie."""
    parser.add_argument("--patients", type=int, default=20)
    parser.add_argument("--first", type=int, default=4010, help="seed of the first patient")
    parser.add_argument("--harms", type=int, default=3, help="how many teeth of each patient are harmed")
    parser.add_argument("--scanner", default="typical", help="clean, typical or hard")
    parser.add_argument("--keep", type=Path, help="keep the phantoms in this folder")
    parser.add_argument("--crown-cases", type=Path)
    parser.add_argument("--draws", type=int, default=20, help="displacements of each crown case")


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Measure both."""
    result: dict[str, Any] = {"rows": []}
    if options.patients:
        patients = [
            _patient(options.first + k, options.harms, options.scanner, options.keep) for k in range(options.patients)
        ]
        result["phantoms"] = [found for found in patients if found is not None]
        result["rows"] += _phantom_rows(result["phantoms"])
    if options.crown_cases:
        result["crown_cases"] = _crown_cases(options.crown_cases, options.draws)
        result["rows"] += [
            {
                "on": f"crown case {name}, {len(rms)} draws",
                "measure": "antagonist brought back, RMS median / largest, mm",
                "goal": f"≤ {CROWN_GOAL_MM:g}",
                "measured": f"{np.median(rms):.3f} / {max(rms):.3f}",
                "met": max(rms) <= CROWN_GOAL_MM,
            }
            for name, rms in result["crown_cases"].items()
        ]
    return result


def _phantom_rows(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    rows = []
    groups = {"phantoms": found, "phantoms, bite said to be certain": [f for f in found if not f["ambiguous"]]}
    for name, group in groups.items():
        for measure, (middle, most) in GOALS.items():
            values = [f[measure] for f in group]
            if not values:
                continue
            median, high = float(np.median(values)), float(np.quantile(values, 0.95))
            rows.append(
                {
                    "on": f"{name} ({len(values)})",
                    "measure": f"bite {measure}, median / P95",
                    "goal": f"{middle:g} / {most:g}",
                    "measured": f"{median:.3f} / {high:.3f}",
                    "met": median <= middle and high <= most,
                }
            )
    return rows


def _patient(seed: int, harms: int, scanner: str, keep: Path | None) -> dict[str, Any] | None:
    """Take one patient's lower arch out of bite and bring it back."""
    jaws = _scans(seed, harms, scanner, keep)
    if jaws is None:
        return None
    rng = np.random.default_rng([77, seed])
    away = np.eye(4)
    away[:3, :3] = Rotation.random(random_state=rng).as_matrix()
    away[:3, 3] = rng.uniform(-100, 100, 3)
    (upper, upper_labels), (lower, lower_labels) = jaws["upper"], jaws["lower"]
    lower = lower.transformed(away)
    above, _ = patient_frame(upper, upper_labels, "upper")
    below, _ = patient_frame(lower, lower_labels, "lower")
    bite = articulate(upper.transformed(above), lower.transformed(below), upper_labels, lower_labels)
    truth = above @ np.linalg.inv(away) @ np.linalg.inv(below)
    off = np.array(bite.lower_moved) @ np.linalg.inv(truth)
    teeth = lower.vertices[lower_labels > 0] @ (truth @ below)[:3, :3].T + (truth @ below)[:3, 3]
    centre = np.array([*teeth.mean(axis=0)[:2], 0.0])
    cosine = np.clip((np.trace(off[:3, :3]) - 1) / 2, -1, 1)
    return {
        "seed": seed,
        "harmed_teeth": harms,
        "translation_mm": float(np.linalg.norm(off[:3, :3] @ centre + off[:3, 3] - centre)),
        "rotation_deg": float(np.degrees(np.arccos(cosine))),
        "ambiguous": bite.ambiguous,
        "note": bite.note,
        "teeth_touching": len({c.lower for c in bite.contacts}),
        "max_penetration_mm": bite.max_penetration_mm,
    }


def _scans(seed: int, harms: int, scanner: str, keep: Path | None) -> dict[str, tuple[Mesh, NDArray[np.int16]]] | None:
    kept = keep / f"bite_{seed}_{harms}_{scanner}.pkl" if keep else None
    if kept is not None and kept.exists():
        stored = pickle.loads(kept.read_bytes())
        return {jaw: (Mesh(*stored[jaw][:2]), stored[jaw][2]) for jaw in ("upper", "lower")}
    try:
        patient = phantom.run(phantom.PhantomSettings(seed=seed, drawn_harms=harms, scanner=scanner))
    except OralArchitectError as error:
        print(f"seed {seed}: no patient ({error})")
        return None
    jaws = {jaw: (patient.shapes[f"{jaw}_scan"], patient.arrays[f"labels_{jaw}"]) for jaw in ("upper", "lower")}
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(pickle.dumps({jaw: (m.vertices, m.faces, labels) for jaw, (m, labels) in jaws.items()}))
    return jaws


def _crown_cases(folder: Path, draws: int) -> dict[str, list[float]]:
    result = {}
    settings = scan.ScanSettings(check_plausible=False, unit="mm")
    for case in sorted(p for p in folder.iterdir() if (p / "antagonist.ply").exists()):
        prepared, antagonist = (scan.run(case / f"{n}.ply", settings).surface for n in ("prep_jaw", "antagonist"))
        rng = np.random.default_rng(0)
        result[case.name] = []
        for _ in range(draws):
            away = _displacement(rng, antagonist.vertices.mean(axis=0))
            found = settle_rough_bite(prepared, antagonist.transformed(away)).motion @ away
            left = antagonist.vertices @ found[:3, :3].T + found[:3, 3] - antagonist.vertices
            result[case.name].append(float(np.sqrt((left**2).sum(axis=1).mean())))
    return result


def _displacement(rng: np.random.Generator, centre: Floats) -> Floats:
    """A motion by up to 3 mm and 5 degrees about ``centre``, in directions drawn evenly."""
    way, axis = (v / np.linalg.norm(v) for v in rng.normal(size=(2, 3)))
    matrix = np.eye(4)
    matrix[:3, :3] = rotation_from_vector(axis * np.radians(rng.uniform(0, AWAY_DEG)))
    matrix[:3, 3] = centre + way * rng.uniform(0, AWAY_MM) - matrix[:3, :3] @ centre
    return matrix


def main() -> None:
    """Run alone and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser)
    print(json.dumps(run(parser.parse_args())))


if __name__ == "__main__":
    main()
