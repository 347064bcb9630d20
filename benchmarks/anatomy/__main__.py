"""Measure what the anatomy room can do, in one command: a table with each goal beside its figure.

    python benchmarks/anatomy --arches FOLDER --crown-cases FOLDER [--only segmentation,posed,…] [--out FOLDER]

Parts: segmentation, posed, cutout, folds (needs the ``train`` extra and --work FOLDER), landmarks, bite, special,
speed, gallery. Each is a module beside this one and runs alone too; options that only one part knows are given here all
the same. Writes ``anatomy.json`` and ``anatomy.md`` to --out; parts measured earlier with the same --out stay in them.
"""

from __future__ import annotations

import argparse
import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from benchmarks import parts  # noqa: E402

PARTS = ("segmentation", "posed", "cutout", "folds", "landmarks", "bite", "special", "speed", "gallery")
USUAL = ("segmentation", "posed", "cutout", "landmarks", "bite", "special", "speed")
NAME = "benchmarks.anatomy."


def main() -> None:
    """Run the parts and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", help=f"parts, with commas between; else {','.join(USUAL)}, and folds with --work")
    parser.add_argument("--out", type=Path, default=Path("anatomy-benchmark"))
    parser.add_argument("--arches", type=Path)
    parser.add_argument("--crown-cases", type=Path)
    parser.add_argument("--work", type=Path)
    options, _ = parser.parse_known_args()
    usual = [*USUAL, *(["folds"] if options.work else [])]
    parts.measure("anatomy", parts.chosen(options.only, PARTS, usual, parser), options.out, measured, rows)


def measured(part: str) -> dict[str, Any]:
    """Run one part with what it understands of the command line."""
    module = importlib.import_module(NAME + part)
    if hasattr(module, "add_options"):
        parser = argparse.ArgumentParser()
        module.add_options(parser)
        return dict(module.run(parser.parse_known_args()[0]))
    done = subprocess.run([sys.executable, "-m", NAME + part], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def rows(part: str, found: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of a part; one without rows shows its own figures."""
    if "rows" in found:
        return list(found["rows"])
    return plain_rows(part, {k: v for k, v in found.items() if k not in META})


def plain_rows(on: str, figures: dict[str, Any]) -> list[dict[str, Any]]:
    """Make rows of figures without goals, one level down where figures are grouped."""
    out = []
    for name, value in figures.items():
        if isinstance(value, dict):
            out += plain_rows(f"{on}, {name}", value)
        elif isinstance(value, int | float | str):
            out.append({"on": on, "measure": name, "measured": value})
    return out


META = ("took_s", "commit", "on")


if __name__ == "__main__":
    main()
