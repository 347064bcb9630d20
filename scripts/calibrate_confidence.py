"""Measure how often teeth are right by how sure the numbering was, and write the curve the program states.

    python scripts/calibrate_confidence.py [--phantoms 150] [--first-seed 900000]

Phantoms of seeds no network was trained on are labelled; a tooth is right when the same number lies on the same tooth
(IoU of at least 0.5). Isotonic regression makes the curve rise.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

from oral_architect.anatomy.reading.confidence import CURVE
from oral_architect.anatomy.reading.labels import LabelSettings, look_at, number, settle_jaws
from oral_architect.anatomy.training.phantoms import DrawnScan, draw_scan
from oral_architect.errors import NotAnArchError

OUT = Path(__file__).parents[1] / "src/oral_architect/anatomy/data" / CURVE
LEAST_BIN = 15
GROWTH = 1.5
PRIOR = 1.0
"""One right and one wrong tooth are added to each bin, so that no bin claims certainty."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--phantoms", type=int, default=150)
    parser.add_argument("--first-seed", type=int, default=900_000)
    args = parser.parse_args()
    rows: list[tuple[float, bool]] = []
    for seed in range(args.first_seed, args.first_seed + args.phantoms):
        rows += judged(draw_scan(seed)[0])
    sure, right = np.array([r[0] for r in rows]), np.array([r[1] for r in rows], dtype=float)
    command = f"python scripts/calibrate_confidence.py --phantoms {args.phantoms} --first-seed {args.first_seed}"
    write(*curve(sure, right), source=command)
    print(f"{len(rows)} teeth, {right.mean():.3f} right, stated {sure.mean():.3f} before calibration")


def judged(drawn: DrawnScan) -> list[tuple[float, bool]]:
    """Sureness of each tooth found, and whether it is right."""
    settings = LabelSettings(refine=False)
    try:
        seen = look_at(drawn.mesh, settings)
        found = number(seen, settle_jaws([seen.upper])[0], settings)
    except NotAnArchError:
        return []
    out = []
    for fdi, sureness in found.sureness.items():
        told, true = found.labels == fdi, drawn.labels == fdi
        out.append((sureness, bool((told & true).sum() >= 0.5 * (told | true).sum())))
    return out


def curve(sure: NDArray[np.float64], right: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """Rising curve through bins that grow from the least sure on: ``sureness, right, teeth``, each ``(k,)``."""
    ends = np.cumsum(LEAST_BIN * GROWTH ** np.arange(50)).astype(int)
    bins = np.split(np.argsort(sure), ends[ends < len(sure) - LEAST_BIN])
    at = np.array([sure[b].mean() for b in bins])
    share = np.array([(right[b].sum() + PRIOR) / (len(b) + 2 * PRIOR) for b in bins])
    count = np.array([len(b) for b in bins], dtype=float)
    return at, isotonic_regression(share, weights=count).x, count


def write(sure: NDArray[np.float64], right: NDArray[np.float64], count: NDArray[np.float64], *, source: str) -> None:
    with OUT.open("w", newline="", encoding="utf-8") as handle:
        table = csv.writer(handle, lineterminator="\n")
        table.writerow(["sureness", "right", "teeth", "source"])
        table.writerow([0, f"{right[0] * 0.5:.4f}", 0, "drawn down from the lowest bin"])
        for row in zip(sure, right, count, strict=True):
            table.writerow([f"{row[0]:.4f}", f"{row[1]:.4f}", int(row[2]), source])


if __name__ == "__main__":
    main()
