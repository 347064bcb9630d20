"""One fine-tuning from a folder of scans to a network and a report: read, split, train, export, compare."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import torch

from oral_architect.anatomy.reading.network import MODEL, shipped_model
from oral_architect.case import Settings, disk
from oral_architect.errors import CaseError, SettingsError
from oral_architect.progress import Progress

from .dataset import Dataset, counts, read_dataset, split_fold, split_share
from .evaluate import Evaluated, Label, evaluate, figures
from .export import export
from .finetune import STATE, FinetuneSettings, Told, Tuning, finetune
from .prepare import samples_of
from .report import in_words
from .weights import network_of, shipped_network

LOG = "log.jsonl"
LOG_EVERY = 10


class SessionSettings(Settings):
    """What is trained on what."""

    tuning: FinetuneSettings
    fold: int | None = None
    """From 1; with ``folds``."""
    folds: int | None = None
    held_out: float = 0.2
    """Share of the mouths that is kept for the report, when no fold is named."""
    start: Path | None = None
    """Network to start from; the shipped one when left out."""
    score_start: bool = True
    """Score the held-out scans with the starting network too, for comparison."""
    leave_out: bool = False
    """Leave scans that cannot be used out instead of stopping at them."""


def usable_device(wanted: Literal["auto", "cpu", "cuda"]) -> Literal["cpu", "cuda"]:
    """Return where to train.

    Raises
    ------
    SettingsError
        When a graphics card is asked for and PyTorch finds none.
    """
    if wanted == "cpu" or (wanted == "auto" and not torch.cuda.is_available()):
        return "cpu"
    if not torch.cuda.is_available():
        raise SettingsError("PyTorch finds no CUDA device here", where="--device", todo="Train with --device cpu.")
    return "cuda"


def run(
    data: Path, out: Path, settings: SessionSettings, told: Progress, *, label: Label, resume: bool
) -> dict[str, Any]:
    """Fine-tune on a folder of labelled scans; returns what ``report.json`` holds.

    ``label`` is how the program labels a scan file, for the scores before and after.

    Raises
    ------
    InputError
        When the scans or their labels cannot be used.
    CaseError
        When ``out`` holds another training, or one that is not to be taken up.
    """
    if (out / STATE).exists() and not resume:
        raise CaseError("a training is kept here already.", where=str(out), todo="Add --resume, or give another --out.")
    told.begin("read", f"Reading labelled scans of {data}")
    dataset = read_dataset(data, leave_out=settings.leave_out)
    train, held = _sides(dataset, settings)
    holds = counts(dataset)
    _write(out / "dataset.json", holds)
    told.end("read", 0.0, reused=False)
    now = _train(dataset, train, held, settings, out, told)
    model = out / MODEL
    _export(now, model)
    before, after = _compare(dataset, held, settings, model, label, told)
    report = {
        "data": holds,
        "trained_on": [dataset.members[i].arch.name for i in train],
        "held_out": [dataset.members[i].arch.name for i in held],
        "settings": settings.model_dump(mode="json"),
        "steps": now.step,
        "seconds": now.seconds,
        "loss": _thinned(now.history),
        "best_step": now.best["step"] if now.best else None,
        "before": figures(before) if before else None,
        "after": figures(after) if after else None,
        "model": {"file": str(model), "sha256": disk.digest_of_file(model)},
    }
    _write(out / "report.json", report)
    with disk.explained(out / "report.md"):
        disk.replace_file(out / "report.md", in_words(report).encode())
    return report


def _sides(dataset: Dataset, settings: SessionSettings) -> tuple[list[int], list[int]]:
    seed = settings.tuning.seed
    if settings.fold is not None and settings.folds is not None:
        return split_fold(dataset, settings.fold, settings.folds, seed)
    return split_share(dataset, settings.held_out, seed)


def _train(
    dataset: Dataset, train: list[int], held: list[int], settings: SessionSettings, out: Path, told: Progress
) -> Tuning:
    told.begin("prepare", "Preparing scans")
    members = [dataset.members[i] for i in (*train, *held)]
    # the held-out scans are needed as samples only where the training is judged by them
    wanted = members if settings.tuning.early_stop else members[: len(train)]
    samples = samples_of(wanted, out / "samples", told.advance)
    told.end("prepare", 0.0, reused=False)
    told.begin("train", "Training")
    log = (out / LOG).open("a", encoding="utf-8")

    def hear(line: Told) -> None:
        share = line.step / line.steps if line.steps else 0.0
        told.advance(share, _words(line))
        if line.step % LOG_EVERY == 0:
            log.write(json.dumps(asdict(line)) + "\n")
            log.flush()

    with log:
        identity = _identity(dataset, train, settings)
        net = network_of(settings.start) if settings.start else shipped_network()
        now = finetune(net, samples[: len(train)], samples[len(train) :], settings.tuning, out, identity, hear)
    told.end("train", now.seconds, reused=False)
    return now


def _words(line: Told) -> str:
    of = f"/{line.steps}" if line.steps else ""
    left = "" if line.seconds_left is None else f", {line.seconds_left / 60:.0f} min left"
    return f"step {line.step}{of}, loss {line.loss:.3f}, right {line.right:.1%}{left}"


def _identity(dataset: Dataset, train: list[int], settings: SessionSettings) -> str:
    """Name what must be the same for a kept training to be taken up."""
    if settings.start:
        start = disk.digest_of_file(settings.start)
    else:
        with shipped_model() as path:
            start = disk.digest_of_file(path)
    names = "".join(dataset.members[i].digest for i in train) + start
    return hashlib.sha256(names.encode()).hexdigest()


def _export(now: Tuning, path: Path) -> None:
    aside = path.with_name(f".{path.name}.new")
    export(now.average.cpu().eval(), aside)
    with disk.explained(path):
        disk.replace_file(path, aside.read_bytes())
    aside.unlink(missing_ok=True)


def _compare(
    dataset: Dataset, held: list[int], settings: SessionSettings, model: Path, label: Label, told: Progress
) -> tuple[list[Evaluated], list[Evaluated]]:
    """Score the held-out scans with the network as it was and as it is."""
    arches = [dataset.members[i].arch for i in held]
    rounds = 2 if settings.score_start else 1
    told.begin("score", f"Scoring {len(arches)} held-out scans{' before and after' if rounds == 2 else ''}")
    heard = 0

    def hear(name: str) -> None:
        nonlocal heard
        told.advance(heard / max(rounds * len(arches), 1), name)
        heard += 1

    before = evaluate(arches, label, settings.start, hear) if settings.score_start else []
    after = evaluate(arches, label, model, hear)
    told.end("score", 0.0, reused=False)
    return before, after


def _thinned(history: list[dict[str, float]], most: int = 200) -> list[dict[str, float]]:
    step = max(1, len(history) // most)
    return [h for k, h in enumerate(history) if k % step == 0 or "held_out_loss" in h or k == len(history) - 1]


def _write(path: Path, data: dict[str, Any]) -> None:
    with disk.explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        disk.replace_file(path, (json.dumps(data, indent=1) + "\n").encode())
