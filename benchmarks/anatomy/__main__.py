"""Measure what the anatomy room can do, in one command: a table with each goal beside its figure.

    python benchmarks/anatomy --arches FOLDER --crown-cases FOLDER [--only segmentation,posed,…] [--out FOLDER]

Parts: segmentation, posed, cutout, folds (needs the ``train`` extra and --work FOLDER), landmarks, bite, special,
speed, gallery. Each is a module beside this one and runs alone too; options that only one part knows are given here all
the same. Writes ``anatomy.json`` and ``anatomy.md`` to --out; parts measured earlier with the same --out stay in them.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("segmentation", "posed", "cutout", "folds", "landmarks", "bite", "special", "speed", "gallery")
USUAL = ("segmentation", "posed", "cutout", "landmarks", "bite", "special", "speed")
NAME = "benchmarks.anatomy."


def main() -> None:
    sys.path.insert(0, str(ROOT))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", help=f"parts, with commas between; else {','.join(USUAL)}, and folds with --work")
    parser.add_argument("--out", type=Path, default=Path("anatomy-benchmark"))
    parser.add_argument("--arches", type=Path)
    parser.add_argument("--crown-cases", type=Path)
    parser.add_argument("--work", type=Path)
    options, _ = parser.parse_known_args()
    wanted = options.only.split(",") if options.only else [*USUAL, *(["folds"] if options.work else [])]
    unknown = sorted(set(wanted) - set(PARTS))
    if unknown:
        parser.error(f"there is no part {', '.join(unknown)}; there are {', '.join(PARTS)}")
    options.out.mkdir(parents=True, exist_ok=True)
    kept = options.out / "anatomy.json"
    found: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    for part in wanted:
        if importlib.util.find_spec(NAME + part) is None:
            print(f"{part}: not there", file=sys.stderr)
            continue
        began = time.monotonic()
        print(f"{part} …", file=sys.stderr)
        result = measured(part)
        found[part] = {**result, "took_s": round(time.monotonic() - began, 1), "commit": commit(), "on": machine()}
        kept.write_text(json.dumps(found, indent=1, default=str) + "\n", encoding="utf-8")
        (options.out / "anatomy.md").write_text(table(found), encoding="utf-8")
    print(table({part: found[part] for part in wanted if part in found}))


def measured(part: str) -> dict[str, Any]:
    """Run one part with what it understands of the command line."""
    module = importlib.import_module(NAME + part)
    if hasattr(module, "add_options"):
        parser = argparse.ArgumentParser()
        module.add_options(parser)
        return dict(module.run(parser.parse_known_args()[0]))
    done = subprocess.run([sys.executable, "-m", NAME + part], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def table(found: dict[str, Any]) -> str:
    """Return the rows of all parts as Markdown; a part without rows shows its own figures."""
    lines = ["| on | measure | goal | measured | |", "|---|---|---|---|---|"]
    for part in [p for p in PARTS if p in found]:
        rows = found[part].get("rows")
        if rows is None:
            rows = plain_rows(part, {k: v for k, v in found[part].items() if k not in META})
        for row in rows:
            met = {True: "met", False: "**not met**", None: ""}[row.get("met")]
            lines.append(f"| {row['on']} | {row['measure']} | {row.get('goal', '')} | {row['measured']} | {met} |")
    for part in [p for p in PARTS if p in found]:
        lines.append(
            f"{'' if lines[-1].startswith('`') else chr(10)}`{part}`: {found[part]['commit']}, "
            f"{found[part]['took_s']} s, {found[part]['on']}  "
        )
    return "\n".join(lines) + "\n"


def plain_rows(on: str, figures: dict[str, Any]) -> list[dict[str, Any]]:
    """Make rows of figures without goals, one level down where figures are grouped."""
    rows = []
    for name, value in figures.items():
        if isinstance(value, dict):
            rows += plain_rows(f"{on}, {name}", value)
        elif isinstance(value, int | float | str):
            rows.append({"on": on, "measure": name, "measured": value})
    return rows


META = ("took_s", "commit", "on")


def commit() -> str:
    """Name the commit that was measured, with a mark where files differ from it."""
    asked = ["git", "-C", str(ROOT), "describe", "--always", "--dirty"]
    answer = subprocess.run(asked, capture_output=True, text=True, check=False)
    return answer.stdout.strip() or "unknown"


def machine() -> str:
    """Name the machine in a few words."""
    import os

    return f"{len(os.sched_getaffinity(0))} cores, {platform.machine()}, Python {platform.python_version()}"


if __name__ == "__main__":
    main()
