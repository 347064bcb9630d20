"""Label every arch of a folder as it lies there and score the labels.

    python -m benchmarks.anatomy.segmentation --arches FOLDER [--labels FOLDER] [--model ONNX]

One thread. With ``--labels`` what was told is kept there, one JSON an arch, as ``oral-architect segment`` writes it.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.anatomy.arches import Told, add_arch_options, arches, row, say, tell

from oral_architect.anatomy.training.labelled import LabelledArch
from oral_architect.anatomy.training.scores import ArchScore, failed, score_arch, summary

GOALS = (
    ("accuracy", "OA", 0.93),
    ("mean_iou", "mIoU", 0.85),
    ("tsa", "TSA", 0.97),
    ("tir", "TIR", 0.95),
    ("strict_tir", "sTIR", 0.90),
    ("score", "Score", 0.88),
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Say what is measured, and on what."""
    add_arch_options(parser)
    parser.add_argument("--labels", type=Path, help="folder to keep what was told, one JSON an arch")


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Label and score."""
    scores: dict[str, ArchScore] = {}
    seconds, jaws = [], 0
    for arch in arches(options):
        told = tell(arch.path, len(arch.mesh.vertices), options.model)
        scores[arch.name] = scored(arch, told)
        jaws += told.jaw == arch.jaw
        seconds.append(told.seconds)
        if options.labels:
            options.labels.mkdir(parents=True, exist_ok=True)
            kept = {"jaw": told.jaw, "labels": told.labels.tolist(), "instances": told.instances.tolist()}
            (options.labels / f"{arch.name}.json").write_text(json.dumps(kept))
        if len(scores) % 20 == 0:
            say(f"segmentation: {len(scores)} arches")
    means = summary(list(scores.values()))
    rows = [row("arches, as given", name, f"≥ {goal:g}", means[key], least=goal) for key, name, goal in GOALS]
    detail = {
        "mean": means,
        "jaws_right": jaws,
        "seconds_median": float(np.median(seconds)),
        "seconds_max": max(seconds),
        "arches": {name: asdict(score) for name, score in scores.items()},
    }
    return {"rows": rows, "detail": detail}


def scored(arch: LabelledArch, told: Told) -> ArchScore:
    """Score what was told; an arch that could not be read scores nothing."""
    if told.error:
        return failed(arch.truth, arch.mesh.faces, len(arch.mesh.vertices))
    return score_arch(arch.mesh.vertices, arch.mesh.faces, arch.truth, told.labels, told.instances)


def main() -> None:
    """Run alone."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser)
    print(json.dumps(run(parser.parse_args()), indent=1))


if __name__ == "__main__":
    main()
