"""Fine-tune on four fifths of the arches and score the fifth, five times: what own labels are worth.

    python -m benchmarks.anatomy.folds --arches FOLDER --work FOLDER [--epochs 12] [--only-folds 1,2]

Needs the ``train`` extra. WORK keeps each fold's training, so that an interrupted run goes on where it was; the
networks in it were trained on the given arches and must not be published when the arches may not. Mouths are never
split.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from benchmarks.anatomy.arches import add_arch_options, row, say

from oral_architect.anatomy.training.scores import MEANS

GOALS = (("mean_iou", "mIoU", 0.93), ("boundary_iou", "boundary IoU", 0.82), ("score", "Score", 0.94))
FOLDS = 5


class Lines:
    """Progress as lines, one in a hundred steps."""

    def __init__(self) -> None:
        self._count = 0

    def begin(self, stage: str, words: str) -> None:
        """Say what begins."""
        say(f"folds: {words}")

    def advance(self, fraction: float, words: str = "") -> None:
        """Say how far it is, now and then."""
        self._count += 1
        if self._count % 20 == 0:
            say(f"folds: {fraction:.0%} {words}")

    def end(self, stage: str, seconds: float, *, reused: bool) -> None:
        """Say nothing."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Say what is measured, and on what."""
    add_arch_options(parser)
    parser.add_argument("--work", type=Path, help="folder for the trainings of the folds")
    parser.add_argument("--epochs", type=float, default=12.0, help="looks at each arch in a fold")
    parser.add_argument("--only-folds", default="1,2,3,4,5", help="which of the five folds")


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Train and score fold after fold; the means are over all held-out arches."""
    from oral_architect.anatomy.training import session
    from oral_architect.anatomy.training.finetune import FinetuneSettings
    from oral_architect.segmentation import segment

    if options.work is None:
        raise SystemExit("--work FOLDER is needed")
    scans: dict[str, dict[str, Any]] = {}
    chosen = [int(k) for k in options.only_folds.split(",")]
    for fold in chosen:
        out = options.work / f"fold{fold}"
        done = out / "report.json"
        settings = session.SessionSettings(
            tuning=FinetuneSettings(epochs=options.epochs, seed=options.seed),
            fold=fold,
            folds=FOLDS,
            start=options.model,
            score_start=False,
        )
        if done.exists():
            report = json.loads(done.read_text(encoding="utf-8"))
            if report["settings"] != settings.model_dump(mode="json"):
                raise SystemExit(f"{out} holds a fold with other settings; give another --work")
        else:
            report = session.run(
                options.arches, out, settings, Lines(), label=lambda path, net: segment(path, model=net), resume=True
            )
        scans |= report["after"]["scans"]
        mean = report["after"]["mean"]
        say(f"folds: {fold}: " + ", ".join(f"{name} {mean[key]:.4f}" for key, name, _ in GOALS))
    means = {key: sum(s["score"][key] for s in scans.values()) / len(scans) for key in MEANS}
    means["score"] = (means["tsa"] + means["tla"] + means["tir"]) / 3
    on = f"arches, fine-tuned on 80 %, {len(chosen)} of {FOLDS} folds"
    rows = [row(on, name, f"≥ {goal:g}", means[key], least=goal) for key, name, goal in GOALS]
    return {"rows": rows, "detail": {"mean": means, "arches": scans}}


def main() -> None:
    """Run alone."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser)
    print(json.dumps(run(parser.parse_args()), indent=1))


if __name__ == "__main__":
    main()
