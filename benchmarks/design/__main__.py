"""Measure what the design room can do, in one command: a table with each goal beside its figure.

    python benchmarks/design --crown-cases FOLDER --arches FOLDER [--only crowns,rebuilds,…] [--out FOLDER]

Parts: crowns (technicians' crowns), rebuilds (teeth of real arches harmed in software), preparations, bodies,
contacts and smile (phantoms), speed (one crown from a scan pair of 200,000 faces). Each is a module beside this one and
runs alone too. A part whose data are not given is left out. Writes ``design.json`` and ``design.md`` to --out; parts
measured earlier with the same --out stay in them.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks import parts

NAME = "benchmarks.design."
PARTS = ("crowns", "rebuilds", "preparations", "bodies", "contacts", "smile", "speed")
NEEDS = {"crowns": "crown_cases", "rebuilds": "arches"}
USUAL: dict[str, dict[str, Any]] = {
    "preparations": {"patients": 3, "first-seed": 501, "faces": 100_000, "labels": "true"},
    "bodies": {"preparations": 30},
    "contacts": {"mouths": 4},
}
"""Options of parts that do not say themselves which they have."""
Row = tuple[str, str, str, Any, bool | None]
"""On what, which measure, the goal, what was measured, whether it is met."""


def main() -> None:
    """Run the parts and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", help="parts, with commas between")
    parser.add_argument("--out", type=Path, default=Path("design-benchmark"))
    parser.add_argument("--crown-cases", type=Path)
    parser.add_argument("--arches", type=Path)
    options, _ = parser.parse_known_args()
    wanted = []
    for part in parts.chosen(options.only, PARTS, PARTS, parser):
        if part in NEEDS and getattr(options, NEEDS[part]) is None:
            print(f"{part}: left out, --{NEEDS[part].replace('_', '-')} is not given", file=sys.stderr)
        else:
            wanted.append(part)
    parts.measure("design", wanted, options.out, measured, rows)


def measured(part: str) -> dict[str, Any]:
    """Run one part with what it understands of the command line."""
    module = importlib.import_module(NAME + part)
    parser = argparse.ArgumentParser()
    if hasattr(module, "add_options"):
        module.add_options(parser)
    for name, default in USUAL.get(part, {}).items():
        parser.add_argument(f"--{name}", type=type(default), default=default)
    return dict(module.run(parser.parse_known_args()[0]))


def rows(part: str, found: dict[str, Any]) -> list[parts.Row]:
    """Rows of a part, the goals beside the figures."""
    names = ("on", "measure", "goal", "measured", "met")
    return [dict(zip(names, row, strict=True)) for row in ROWS[part](found)]


def crowns(found: dict[str, Any]) -> list[Row]:
    """Technicians' crowns: the worst case of each form."""
    goal = "≤ 0.40 mm / ≥ 0.70 / ≤ 0.32 mm²"
    out: list[Row] = []
    for row in found["rows"]:
        on = f"crown case {row['case']} ({row['fdi']}), line {row['line']}"
        if "problem" in row:
            out.append((on, "outer surface", goal, row["problem"], False))
            continue
        value = f"{row['rms_mm']} mm / {row['f_03']} / {row['cd_l2_mm2']} mm²"
        of_us = row["form"] == "inferred"
        out.append(
            (
                on,
                f"RMS / F at 0.3 mm / CD-L2, {row['form']}",
                goal if of_us else "",
                value,
                row["met"] if of_us else None,
            )
        )
    return out


def rebuilds(found: dict[str, Any]) -> list[Row]:
    """Teeth of real arches harmed in software."""
    out: list[Row] = []
    for row in found["summary"]:
        of_us = row["form"] == "inferred"
        goal, met = (f"≤ {row['goal_mm']:.2f} mm", row["met"]) if of_us else ("", None)
        value = f"{row['rms_mm']} mm (worst {row['worst_mm']}, {row['teeth']} teeth)"
        out.append((f"real arches, {row['on']}", f"RMS, {row['form']}", goal, value, met))
    return out


def preparations(found: dict[str, Any]) -> list[Row]:
    """Finish lines found on phantom scans."""
    on, all_ = f"{found['asked']} preparations on phantom scans", found["all"]
    rows: list[Row] = [(on, "refused", "", found["refused"], None)]
    if all_["preparations"]:
        sure, true = all_["sure_to_true_mm"], all_["true_to_found_mm"]
        value = f"{sure['P95']} mm (median {sure['P50']})"
        rows.append((on, "finish line, seen points to the true one, P95", "≤ 0.1 mm", value, sure["P95"] <= 0.1))
        rows.append((on, "true line to the found one, median, P95", "", f"{true['P50']} mm, {true['P95']} mm", None))
        rows.append((on, "kind of margin right", "", f"{all_['kind_right']:.0%}", None))
        rows.append((on, "insertion axis off, median, P95", "", f"{all_['axis_deg_P50_P95']} degrees", None))
    return rows


def bodies(found: dict[str, Any]) -> list[Row]:
    """Closed bodies on phantom dies."""
    worst, cases, whole = found["worst"], found["cases"], len(found["failed"]) == 0
    margin, thickness = worst["margin_mm"], worst["thickness_error_p95_mm"]
    on = f"{cases} phantom preparations"
    closed = min(found["watertight"], found["without_self_intersection"])
    return [
        (on, "margin, worst", "P95 ≤ 0.1 mm", f"{margin} mm", margin is not None and margin <= 0.1),
        (on, "seating interference", "0", f"{worst['interference_mm3']} mm³", found["without_interference"] == cases),
        (
            on,
            "thickness error, P95 of the worst",
            "≤ 0.02 mm",
            f"{thickness} mm",
            thickness is not None and thickness <= 0.02,
        ),
        (on, "watertight, no self-intersection", "100 %", f"{closed} of {cases}", whole and closed == cases),
    ]


def contacts(found: dict[str, Any]) -> list[Row]:
    """Contacts asked for and made."""
    off = found["asked_minus_made_um"]
    value = f"P95 {off['p95']:.1f} µm, worst {off['max']:.1f} µm, {found['within_10_um']:.1%} within"
    return [
        (
            f"{found['contacts']} contacts of {found['crowns']} phantom crowns",
            "asked minus made",
            "± 10 µm",
            value,
            off["max"] <= 10,
        )
    ]


def smile(found: dict[str, Any]) -> list[Row]:
    """Measures of a smile against the truth."""
    on = f"smiles of {found['patients']} phantom patients"
    return [
        (on, row["measure"], "", f"{row['median_error']} / {row['p90_error']} {row['unit']} (median / P90)", None)
        for row in found["measures"]
    ]


def speed(found: dict[str, Any]) -> list[Row]:
    """One crown from a scan pair."""
    on = f"one crown, scan pair of {found['faces']} faces each"
    return [
        (
            on,
            "wall time, no hands",
            "≤ 45 s",
            f"{found['wall_s']} s ({found['cpu_s']} s of one core)",
            found["wall_s"] <= 45,
        )
    ]


ROWS = {
    "crowns": crowns,
    "rebuilds": rebuilds,
    "preparations": preparations,
    "bodies": bodies,
    "contacts": contacts,
    "smile": smile,
    "speed": speed,
}


if __name__ == "__main__":
    main()
