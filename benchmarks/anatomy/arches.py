"""Labelled arches, and how the parts of the benchmark let the program label them."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oral_architect.anatomy.training.labelled import LabelledArch, find_labelled, read_labelled
from oral_architect.errors import OralArchitectError
from oral_architect.geometry import Mesh
from oral_architect.geometry.ply import write_ply
from oral_architect.segmentation import segment


@dataclass(frozen=True, eq=False)
class Told:
    """What the program said of one scan."""

    jaw: str
    labels: NDArray[np.int64]
    """``(n,) int``: FDI per vertex of the file."""
    instances: NDArray[np.int64]
    seconds: float
    error: str = ""


def add_arch_options(parser: argparse.ArgumentParser) -> None:
    """Say where the arches are and which network reads them."""
    parser.add_argument("--arches", type=Path, help="folder of labelled scans (PLY with fdi, or OBJ + JSON)")
    parser.add_argument("--model", type=Path, help="another network than the shipped one (arch_net.onnx)")
    parser.add_argument("--every", type=int, default=1, help="only every n-th arch, for a quick look")
    parser.add_argument("--seed", type=int, default=0)


def arches(options: argparse.Namespace) -> Iterator[LabelledArch]:
    """Read the arches the options name."""
    if options.arches is None:
        raise SystemExit("--arches FOLDER is needed")
    for path in find_labelled(options.arches)[:: options.every]:
        yield read_labelled(path)


def tell(path: Path, vertices: int, model: Path | None) -> Told:
    """Let the program label a scan file, as the command ``segment`` does."""
    began = time.monotonic()
    try:
        answer = segment(path, model=model)
    except OralArchitectError as error:
        nothing = np.zeros(vertices, np.int64)
        return Told("", nothing, nothing, time.monotonic() - began, str(error))
    return Told(answer["jaw"], np.array(answer["labels"]), np.array(answer["instances"]), time.monotonic() - began)


def tell_mesh(mesh: Mesh, model: Path | None) -> Told:
    """Let the program label a mesh through a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scan.ply"
        write_ply(path, mesh)
        return tell(path, len(mesh.vertices), model)


def row(
    on: str, measure: str, goal: str, measured: float, *, least: float | None = None, most: float | None = None
) -> dict[str, Any]:
    """Return one line of the table; whether the goal is met follows from ``least`` or ``most``."""
    met = None
    if least is not None:
        met = bool(measured >= least)
    if most is not None:
        met = bool(measured <= most)
    return {"on": on, "measure": measure, "goal": goal, "measured": round(float(measured), 4), "met": met}


def say(line: str) -> None:
    """Tell the person waiting how far it is."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def one_thread() -> None:
    """Keep numerical libraries on one thread; call before they are loaded."""
    for name in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
