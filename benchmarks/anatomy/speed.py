"""Label one scan of 300,000 faces in a process of its own: wall time from file to labels, and peak memory.

    python -m benchmarks.anatomy.speed [--faces 300000] [--scan FILE]

Without a file a phantom scan is drawn and its faces are divided until there are enough. The time counts the start of
the program and reading and writing files; two cores are used at most.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.anatomy.arches import row, say

from oral_architect.geometry import Mesh
from oral_architect.geometry.ply import write_ply

MOST_SECONDS = 10.0
MOST_GIB = 2.0
CORES = 2


def add_options(parser: argparse.ArgumentParser) -> None:
    """Say what is labelled."""
    parser.add_argument("--faces", type=int, default=300_000)
    parser.add_argument("--scan", type=Path, help="a scan file to take instead of a phantom")
    parser.add_argument("--repeats", type=int, default=3, help="the middle time counts")


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Time the command ``segment``."""
    with tempfile.TemporaryDirectory() as folder:
        scan = options.scan
        if scan is None:
            scan = Path(folder) / "scan.ply"
            say(f"speed: drawing a phantom scan of {options.faces} faces")
            write_ply(scan, dense_scan(options.faces))
        taken = [one(scan, Path(folder) / "labels.json") for _ in range(options.repeats)]
    seconds = float(np.median([t[0] for t in taken]))
    gib = max(t[1] for t in taken)
    on = "one scan, 300,000 faces, 2 cores" if options.scan is None else options.scan.name
    return {
        "rows": [
            row(on, "scan to labels, s", "≤ 10", seconds, most=MOST_SECONDS),
            row(on, "peak memory, GiB", "≤ 2", gib, most=MOST_GIB),
        ],
        "detail": {"seconds": [t[0] for t in taken], "gib": gib, "load_before": os.getloadavg()[0]},
    }


def one(scan: Path, labels: Path) -> tuple[float, float]:
    """Run the command once; seconds and GiB."""
    wanted = sorted(os.sched_getaffinity(0))[:CORES]
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "oral_architect.cli", "segment", str(scan), "--out", str(labels)],
        preexec_fn=lambda: os.sched_setaffinity(0, wanted),  # noqa: PLW1509 - no threads run here
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"the command ended with {process.returncode}")
    return time.monotonic() - began, used.ru_maxrss / (1 << 20 if sys.platform != "darwin" else 1 << 30)


def dense_scan(faces: int) -> Mesh:
    """Draw a phantom scan, divide its faces and thin them to the number wanted."""
    from oral_architect.anatomy.training.phantoms import draw_scan
    from oral_architect.scan.decimate import decimate

    mesh = draw_scan(7)[0].mesh
    while len(mesh.faces) < faces:
        mesh = _quartered(mesh)
    return decimate(mesh, faces)[0] if len(mesh.faces) > faces else mesh


def _quartered(mesh: Mesh) -> Mesh:
    edges = np.sort(mesh.faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2).astype(np.int64), axis=1)
    unique, index = np.unique(edges, axis=0, return_inverse=True)
    a, b, c = mesh.faces.T
    ab, bc, ca = (index.reshape(-1, 3) + len(mesh.vertices)).T
    faces = np.concatenate([np.stack(t, 1) for t in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))])
    return Mesh(np.concatenate([mesh.vertices, mesh.vertices[unique].mean(1)]), faces)


def main() -> None:
    """Run alone."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser)
    print(json.dumps(run(parser.parse_args()), indent=1))


if __name__ == "__main__":
    main()
