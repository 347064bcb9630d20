"""``train``: the shipped network trained on with an institution's own labelled scans."""

from __future__ import annotations

import importlib.util
import sys
import time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from oral_architect.commands.answer import Answer, DebugOption, JsonOption, answering
from oral_architect.commands.terminal import progress
from oral_architect.errors import MissingPartError, SettingsError

if TYPE_CHECKING:
    from oral_architect.progress import Progress

MINUTES = 30.0
"""How long to train when neither minutes nor epochs are given."""
LINE_SECONDS = 10.0
"""Where nobody watches a bar, a line is written this often."""


class Device(StrEnum):
    """Where to train."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"


@answering
def train(
    data: Annotated[Path, typer.Option(help="Folder of labelled scans: PLY with `fdi`, or OBJ + JSON of 3DTeethSeg.")],
    out: Annotated[Path, typer.Option(help="Folder for the network, the report and what is needed to go on.")],
    minutes: Annotated[float | None, typer.Option(help="How long to train, about (30 when nothing is said).")] = None,
    epochs: Annotated[float | None, typer.Option(help="Or how often each scan is looked at.")] = None,
    fold: Annotated[str | None, typer.Option(help="K/N: hold out the K-th of N parts of the mouths.")] = None,
    held_out: Annotated[float, typer.Option("--held-out", help="Share of the mouths held out for the report.")] = 0.2,
    device: Annotated[Device, typer.Option(help="Where to train.")] = Device.AUTO,
    threads: Annotated[int, typer.Option(min=1, help="Processor threads; only one gives the same bytes twice.")] = 1,
    early_stop: Annotated[
        bool, typer.Option("--early-stop", help="End when the held-out loss no longer falls, keep the best weights.")
    ] = False,
    start: Annotated[
        Path | None, typer.Option(help="Network to start from (arch_net.onnx), not the shipped one.")
    ] = None,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave out scans that cannot be used.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the training kept in --out.")] = False,
    seed: Annotated[int, typer.Option(help="Decides the split, the order and the looks.")] = 0,
    json_: JsonOption = False,
    debug: DebugOption = False,
) -> Answer:
    """Train the tooth network on with your own labelled scans, and report how well it does on scans held out."""
    _need_the_extra()
    from oral_architect.anatomy.training.finetune import FinetuneSettings
    from oral_architect.anatomy.training.session import SessionSettings, run, usable_device
    from oral_architect.segmentation import segment

    if minutes is not None and epochs is not None:
        raise SettingsError("both minutes and epochs are given.", where="train", todo="Give one of them.")
    for name, value in (("--minutes", minutes), ("--epochs", epochs)):
        if value is not None and value <= 0:
            raise SettingsError(f"{value:g} is not more than nothing.", where=name, todo="Give a positive number.")
    part, parts = _fold(fold)
    tuning = FinetuneSettings(
        minutes=minutes if minutes or epochs else MINUTES,
        epochs=epochs,
        device=usable_device(device.value),
        threads=threads,
        early_stop=early_stop,
        seed=seed,
    )
    settings = SessionSettings(
        tuning=tuning, fold=part, folds=parts, held_out=held_out, start=start, leave_out=skip_bad
    )
    with progress(silent=json_) as bars:
        told = bars if json_ or sys.stderr.isatty() else _Lines()
        report = run(data, out, settings, told, label=lambda path, model: segment(path, model=model), resume=resume)
    return Answer(_short(report, out), _summary(report, out))


def _need_the_extra() -> None:
    missing = [name for name in ("torch", "onnx") if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingPartError(
            f"training needs {' and '.join(missing)}, which this installation has not.",
            where="train",
            todo="Install the extra: pip install 'oral-architect[train]'.",
        )


def _fold(text: str | None) -> tuple[int | None, int | None]:
    if text is None:
        return None, None
    part, _, parts = text.partition("/")
    if not (part.isdecimal() and parts.isdecimal()):
        raise SettingsError(f"'{text}' is no fold.", where="--fold", todo="Give K/N, for example 1/5.")
    return int(part), int(parts)


def _short(report: dict[str, Any], out: Path) -> dict[str, Any]:
    means = {side: report[side]["mean"] if report[side] else None for side in ("before", "after")}
    return {
        "model": report["model"]["file"],
        "report": str(out / "report.md"),
        "scans": len(report["trained_on"]),
        "held_out": len(report["held_out"]),
        "steps": report["steps"],
        "seconds": report["seconds"],
        **means,
    }


def _summary(report: dict[str, Any], out: Path) -> str:
    lines = [f"{report['model']['file']}: trained on {len(report['trained_on'])} scans, {report['steps']} steps."]
    if report["after"]:
        before, after = report["before"]["mean"], report["after"]["mean"]
        lines.append(
            f"On {len(report['held_out'])} held-out scans: "
            f"mean IoU {before['mean_iou']:.3f} -> {after['mean_iou']:.3f}, "
            f"boundary IoU {before['boundary_iou']:.3f} -> {after['boundary_iou']:.3f}, "
            f"Score {before['score']:.3f} -> {after['score']:.3f}."
        )
    else:
        lines.append("No scan was held out, so nothing is known of how well it does.")
    return "\n".join([*lines, f"More in {out / 'report.md'}."])


class _Lines:
    """Progress as lines, for a log file."""

    def __init__(self) -> None:
        self._said_at = 0.0
        self._words = ""

    def begin(self, stage: str, words: str) -> None:
        """Say what begins."""
        self._words = words
        self._say(words)

    def advance(self, fraction: float, words: str = "") -> None:
        """Say how far it is, now and then."""
        if time.monotonic() - self._said_at > LINE_SECONDS:
            self._say(f"{self._words} {fraction:.0%}: {words}")

    def end(self, stage: str, seconds: float, *, reused: bool) -> None:
        """Say nothing; the next stage tells."""

    def _say(self, line: str) -> None:
        self._said_at = time.monotonic()
        typer.echo(line, err=True)


if TYPE_CHECKING:
    _check: Progress = _Lines()
