"""Millions of faces are read in seconds and within the memory a scan is given."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from .shapes import arch
from .writers import stl_binary

MEASURED = """
import json, resource, sys, time
from pathlib import Path
from oral_architect.scan import ScanSettings, run
began = time.process_time()
scan = run(Path(sys.argv[1]), ScanSettings(max_faces=int(sys.argv[2])))
carried = scan.arrays["input_vertex"]
print(json.dumps({
    "seconds": time.process_time() - began,
    "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    "faces": len(scan.surface.faces),
    "kept": float((carried >= 0).mean()),
    "warnings": scan.warnings,
}))
"""


def measure(path: Path, max_faces: int) -> dict[str, object]:
    command = [sys.executable, "-c", MEASURED, str(path), str(max_faces)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


@pytest.mark.slow
@pytest.mark.parametrize(("step_mm", "max_faces"), [(0.061, 600_000), (0.061, 3_000_000), (0.0385, 600_000)])
def test_millions_of_faces_in_under_a_minute_and_four_gigabytes(step_mm: float, max_faces: int, tmp_path: Path) -> None:
    path = tmp_path / "large.stl"
    mesh = arch(step_mm)
    stl_binary(path, mesh)
    figures = measure(path, max_faces)
    assert figures["faces"] <= max_faces
    assert figures["kept"] > 0.999
    assert figures["peak_gb"] < 4
    assert figures["seconds"] < 60
    decimated = any("decimated" in str(w) for w in figures["warnings"])  # type: ignore[attr-defined]
    assert decimated == (len(mesh.faces) > max_faces)
