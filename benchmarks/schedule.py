"""Published flexible job shops through the model that plans visits: ``benchmarks/schedule.py --instances FOLDER``.

FOLDER holds ``instances.json`` (name, path, optimum or bounds) and the instances in the usual text form: jobs and
machines; then a line a job: its number of operations, and for each the number of ways and their machine and time.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from pathlib import Path

from oral_architect.schedule import Link, Problem, SolveSettings, Task, Way, solve

USUAL = [f"mk{n:02d}" for n in range(1, 11)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=10.0, help="for each instance")
    parser.add_argument("--only", default=",".join(USUAL), help="names, with commas between them")
    parser.add_argument("--best-known", type=Path, help="a table with the columns instance and best_known")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    listed = {one["name"]: one for one in json.loads((options.instances / "instances.json").read_text())}
    table = _best_known(options.best_known)
    rows = []
    for name in options.only.split(","):
        problem = flexible_job_shop((options.instances / listed[name]["path"]).read_text())
        best = table.get(name) or listed[name]["optimum"] or listed[name]["bounds"]["upper"]
        began = time.monotonic()
        order = solve(problem, SolveSettings(effort=1e6, seconds=options.seconds))
        rows.append(
            {
                "instance": name,
                "operations": len(problem.tasks),
                "found": order.makespan,
                "bound": order.bound,
                "best_known": best,
                "ratio": round(order.makespan / best, 4),
                "seconds": round(time.monotonic() - began, 1),
            }
        )
        if not options.json:
            print("  ".join(f"{key} {value}" for key, value in rows[-1].items()), flush=True)
    mean = sum(row["ratio"] for row in rows) / len(rows)
    print(json.dumps({"rows": rows, "mean_ratio": mean}) if options.json else f"mean ratio {mean:.4f}")


def flexible_job_shop(text: str) -> Problem:
    """Read an instance; machines are numbered from 0 or 1, which only names them."""
    lines = [[int(float(word)) for word in line.split()] for line in text.splitlines() if line.strip()]
    jobs = int(lines[0][0])
    tasks, links = [], []
    for job, line in enumerate(lines[1 : jobs + 1]):
        numbers = iter(line)
        for operation in range(next(numbers)):
            ways = []
            for _ in range(next(numbers)):
                machine, duration = next(numbers), next(numbers)
                ways.append(Way(duration, (f"machine {machine}",)))
            tasks.append(Task(f"{job}/{operation}", tuple(ways)))
            if operation:
                links.append(Link(f"{job}/{operation - 1}", f"{job}/{operation}"))
    return Problem(tuple(tasks), tuple(links))


def _best_known(path: Path | None) -> dict[str, int]:
    if path is None:
        return {}
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return {row["instance"]: int(row["best_known"]) for row in rows if row["best_known"]}


if __name__ == "__main__":
    main()
