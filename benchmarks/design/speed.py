"""Time one crown from a scan pair of a phantom, files to files, no hands.

python -m benchmarks.design.speed [--faces 200000] [--tooth 36] [--keep FOLDER]
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

from oral_architect import phantom
from oral_architect.crown_of_scan import crown_of_scan
from oral_architect.design.plan import ToothPlan
from oral_architect.geometry.ply import write_ply
from oral_architect.mesh_files import mesh_bytes


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Make a patient with one prepared tooth, write its scans, time from there."""
    harms = (phantom.Harm(fdi=options.tooth),)
    patient = phantom.run(phantom.PhantomSettings(seed=options.seed, faces=options.faces, harms=harms))
    with tempfile.TemporaryDirectory() as place:
        folder = options.keep or Path(place)
        folder.mkdir(parents=True, exist_ok=True)
        paths = {}
        for jaw in ("upper", "lower"):
            paths[jaw] = folder / f"{jaw}.ply"
            write_ply(paths[jaw], patient.shapes[f"{jaw}_scan"])
        own, other = ("upper", "lower") if options.tooth < 30 else ("lower", "upper")
        wall, cpu = time.monotonic(), time.process_time()
        made = crown_of_scan(paths[own], ToothPlan(fdi=options.tooth), paths[other])
        (folder / "crown.stl").write_bytes(mesh_bytes(made.mesh, ".stl"))
        verdicts = [check.verdict for check in made.restoration.checks]
        return {
            "faces": options.faces,
            "tooth": options.tooth,
            "wall_s": round(time.monotonic() - wall, 1),
            "cpu_s": round(time.process_time() - cpu, 1),
            "checks": {verdict: verdicts.count(verdict) for verdict in ("pass", "warn", "fail")},
            "failed": [check.check for check in made.restoration.checks if check.verdict == "fail"],
        }


def add_options(parser: argparse.ArgumentParser) -> None:
    """Say what is measured."""
    parser.add_argument("--faces", type=int, default=200_000, help="of each scan")
    parser.add_argument("--tooth", type=int, default=36)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="folder for the scans and the crown")


def main() -> None:
    """Run alone."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser)
    print(json.dumps(run(parser.parse_args()), indent=1))


if __name__ == "__main__":
    main()
