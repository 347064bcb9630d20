"""Let the program label scans the way its users do, from the file to the numbers, and score what it says."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from oral_architect.errors import OralArchitectError
from oral_architect.teeth.fdi import is_deciduous, is_supernumerary

from .labelled import LabelledArch
from .scores import ArchScore, failed, score_arch, summary

PLACES = (
    "central incisor",
    "lateral incisor",
    "canine",
    "first premolar",
    "second premolar",
    "first molar",
    "second molar",
    "third molar",
)
WORST = 5
Label = Callable[[Path, Path | None], dict[str, Any]]
"""Scan file and network (the shipped one when ``None``) to labels in the form of ``segment``."""


@dataclass(frozen=True)
class Evaluated:
    """One scan, as the program read it."""

    name: str
    score: ArchScore
    seconds: float
    jaw_right: bool
    error: str = ""


def evaluate(
    arches: Iterable[LabelledArch], label: Label, model: Path | None, tell: Callable[[str], None] = lambda _name: None
) -> list[Evaluated]:
    """Label every scan from its file and score it.

    Parameters
    ----------
    arches
        Scans with the truth; they are read anew from their files.
    label
        How the program labels a file.
    model
        Network file; the shipped one when left out.
    tell
        Hears the name of each scan before it is read.
    """
    done = []
    for arch in arches:
        tell(arch.name)
        began = time.monotonic()
        try:
            said = label(arch.path, model)
        except OralArchitectError as error:
            nothing = failed(arch.truth, arch.mesh.faces, len(arch.mesh.vertices))
            done.append(Evaluated(arch.name, nothing, time.monotonic() - began, jaw_right=False, error=str(error)))
            continue
        seconds = time.monotonic() - began
        score = score_arch(
            arch.mesh.vertices, arch.mesh.faces, arch.truth, np.array(said["labels"]), np.array(said["instances"])
        )
        done.append(Evaluated(arch.name, score, seconds, jaw_right=said["jaw"] == arch.jaw))
    return done


def figures(done: list[Evaluated]) -> dict[str, Any]:
    """Means, figures of each type of tooth, and the worst scans, ready for JSON."""
    return {
        "mean": summary([e.score for e in done]),
        "jaws_right": sum(e.jaw_right for e in done),
        "failed": sum(bool(e.error) for e in done),
        "seconds_median": float(np.median([e.seconds for e in done])),
        "by_type": _by_type(done),
        "worst": [
            {
                "name": e.name,
                "mean_iou": e.score.mean_iou,
                "missing": e.score.missing,
                "extra": e.score.extra,
                "error": e.error,
            }
            for e in sorted(done, key=lambda e: (e.score.mean_iou, e.name))[:WORST]
        ],
        "scans": {e.name: asdict(e) for e in done},
    }


def _by_type(done: list[Evaluated]) -> dict[str, dict[str, float]]:
    """For each type of tooth: how many there are, their mean intersection over union, and how many are half met."""
    found: dict[str, list[float]] = {}
    for evaluated in done:
        for tooth in (*evaluated.score.iou, *(evaluated.score.missing if evaluated.error else ())):
            found.setdefault(_type(tooth), []).append(evaluated.score.iou.get(tooth, 0.0))
    order = ["gingiva", *PLACES, "milk tooth", "supernumerary"]
    return {
        name: {
            "count": len(found[name]),
            "mean_iou": float(np.mean(found[name])),
            "right": float(np.mean(np.array(found[name]) >= 0.5)),
        }
        for name in order
        if name in found
    }


def _type(tooth: int) -> str:
    if tooth == 0:
        return "gingiva"
    if is_supernumerary(tooth):
        return "supernumerary"
    return "milk tooth" if is_deciduous(tooth) else PLACES[tooth % 10 - 1]
