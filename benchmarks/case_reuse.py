"""Seconds to store a case of eight stages as large as a real one, and to ask for all of it again without change.

python benchmarks/case_reuse.py
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np

from oral_architect.case import Case, Document, Settings
from oral_architect.geometry import Mesh

STAGES = 8
VERTICES = 100_000


class Stage(Document):
    """A document with one arch scan, a tooth's worth of arrays, and nothing else."""


def arch(*_given: object) -> Stage:
    rng = np.random.default_rng(0)
    mesh = Mesh(rng.normal(size=(VERTICES, 3)), rng.integers(0, VERTICES, (2 * VERTICES, 3)))
    crowns = {f"crown_{i}": Mesh(mesh.vertices[: VERTICES // 28], mesh.faces[:100] % 100) for i in range(28)}
    return Stage(shapes={"surface": mesh, **crowns}, arrays={"labels": np.zeros(VERTICES, np.int16)})


def walk(folder: Path) -> float:
    begun = time.perf_counter()
    case = Case.create(folder)
    before: dict[str, Document] = {}
    for i in range(STAGES):
        before = {"before": case.run_stage(f"stage_{i}", arch, before, Settings())}
    return time.perf_counter() - begun


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "case"
        print(f"store  {walk(folder):.2f} s")
        print(f"again  {walk(folder):.2f} s")
        print(f"size   {sum(p.stat().st_size for p in folder.rglob('*') if p.is_file()) / 1e6:.0f} MB")
        begun = time.perf_counter()
        problems = Case.open(folder).verify()
        print(f"verify {time.perf_counter() - begun:.2f} s, {len(problems)} problems")
