"""What the benchmarks of a room share: run its parts one after the other, keep what was found, print one table."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
Row = dict[str, Any]
"""``on`` what, which ``measure``, the ``goal``, what was ``measured``, whether it is ``met`` (``None``: no goal)."""


def commit() -> str:
    """Name the commit that was measured, with a mark where files differ from it."""
    asked = ["git", "-C", str(ROOT), "describe", "--always", "--dirty"]
    answer = subprocess.run(asked, capture_output=True, text=True, check=False)
    return answer.stdout.strip() or "unknown"


def machine() -> str:
    """Name the machine in a few words."""
    return f"{len(os.sched_getaffinity(0))} cores, {platform.machine()}, Python {platform.python_version()}"


def chosen(only: str | None, parts: Sequence[str], usual: Sequence[str], parser: argparse.ArgumentParser) -> list[str]:
    """Names in ``--only``, or the usual ones; an unknown name ends the program."""
    wanted = only.split(",") if only else list(usual)
    unknown = sorted(set(wanted) - set(parts))
    if unknown:
        parser.error(f"there is no part {', '.join(unknown)}; there are {', '.join(parts)}")
    return wanted


def measure(
    room: str,
    wanted: Sequence[str],
    out: Path,
    measured: Callable[[str], dict[str, Any]],
    rows_of: Callable[[str, dict[str, Any]], list[Row]],
) -> None:
    """Run the parts; ``room.json`` and ``room.md`` in ``out`` keep them beside those measured earlier."""
    out.mkdir(parents=True, exist_ok=True)
    kept = out / f"{room}.json"
    found: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    for part in wanted:
        began = time.monotonic()
        print(f"{part} …", file=sys.stderr)
        with contextlib.redirect_stdout(sys.stderr):
            result = measured(part)
        found[part] = {**result, "took_s": round(time.monotonic() - began, 1), "commit": commit(), "on": machine()}
        kept.write_text(json.dumps(found, indent=1, default=str) + "\n", encoding="utf-8")
        (out / f"{room}.md").write_text(table(found, rows_of), encoding="utf-8")
    print(table({part: found[part] for part in wanted if part in found}, rows_of))


def table(found: dict[str, Any], rows_of: Callable[[str, dict[str, Any]], list[Row]]) -> str:
    """Return the rows of all parts as Markdown, the goals beside the figures."""
    lines = ["| on | measure | goal | measured | |", "|---|---|---|---|---|"]
    for part, result in found.items():
        for row in rows_of(part, result):
            said = {True: "met", False: "**not met**", None: ""}[row.get("met")]
            lines.append(f"| {row['on']} | {row['measure']} | {row.get('goal', '')} | {row['measured']} | {said} |")
    lines.append("")
    lines += [f"`{part}`: {one['commit']}, {one['took_s']} s, {one['on']}  " for part, one in found.items()]
    return "\n".join(lines) + "\n"
