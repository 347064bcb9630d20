"""``segment``: tooth labels of one scan or of many, in the form of 3DTeethSeg."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from oral_architect.commands.answer import Answer, DebugOption, JsonOption, answering, sentence
from oral_architect.commands.terminal import progress
from oral_architect.errors import InputError, OralArchitectError

if TYPE_CHECKING:
    from oral_architect.progress import Progress


@answering
def segment(
    scans: Annotated[list[Path], typer.Argument(help="One scan, or several with --out FOLDER.")],
    out: Annotated[
        Path | None, typer.Option(help="labels.json for one scan; a folder (one .json a scan) for several.")
    ] = None,
    model: Annotated[
        Path | None, typer.Option(help="Another network than the shipped one, as `train` writes it (arch_net.onnx).")
    ] = None,
    json_: JsonOption = False,
    debug: DebugOption = False,
) -> Answer:
    """Label every vertex of a scan with its tooth (FDI), 0 for gingiva."""
    if out is None and not (json_ and len(scans) == 1):
        raise InputError(
            "it is not said where the labels go.", where="segment", todo="Give --out, or --json for one scan."
        )
    _check_names(scans)
    if model is not None and not model.is_file():
        raise InputError("there is no such file.", where=str(model), todo="Give the arch_net.onnx that `train` wrote.")
    with progress(silent=json_) as told:
        if len(scans) > 1 or (out is not None and (out.is_dir() or not out.suffix)):
            return _many(scans, out if out is not None else Path(), model, told)
        labels = _label(scans[0], model, told)
    if out is None:
        return Answer(labels, "")
    _write(out, labels)
    data = {"file": str(out), "jaw": labels["jaw"], "confidence": labels["confidence"]}
    return Answer(data, f"{out}: {_summary(labels)}")


def _many(scans: list[Path], folder: Path, model: Path | None, told: Progress) -> Answer:
    """Label scan after scan; one that cannot be used does not stop the others."""
    done: list[dict[str, Any]] = []
    failed: list[dict[str, Any]] = []
    lines, exit_code = [], 0
    for scan in scans:
        begun = time.monotonic()
        try:
            labels = _label(scan, model, told)
        except OralArchitectError as error:
            exit_code = exit_code or error.exit_code
            failed.append({"scan": str(scan), **error.as_dict()})
            lines.append(f"{scan}: {sentence(error)}")
            continue
        path = folder / f"{scan.stem}.json"
        _write(path, labels)
        done.append({"scan": str(scan), "file": str(path), "jaw": labels["jaw"], "seconds": time.monotonic() - begun})
        lines.append(f"{path}: {_summary(labels)}")
    return Answer({"files": done, "failed": failed}, "\n".join(lines), exit_code)


def _label(scan: Path, model: Path | None, told: Progress) -> dict[str, Any]:
    from oral_architect.segmentation import segment as label

    begun = time.monotonic()
    told.begin("segment", f"Labelling {scan.name}")
    labels = label(scan, model=model)
    told.end("segment", time.monotonic() - begun, reused=False)
    return labels


def _write(path: Path, labels: dict[str, Any]) -> None:
    from oral_architect.case import disk

    with disk.explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        disk.replace_file(path, (json.dumps(labels) + "\n").encode())


def _check_names(scans: list[Path]) -> None:
    for scan in scans:
        if not scan.is_file():
            raise InputError("there is no such file.", where=str(scan), todo="Check the path.")
    stems = [scan.stem for scan in scans]
    twice = sorted({stem for stem in stems if stems.count(stem) > 1})
    if twice:
        raise InputError(
            f"two scans would give the same file {twice[0]}.json.",
            where="segment",
            todo="Rename one, or label it alone.",
        )


def _summary(labels: dict[str, Any]) -> str:
    words = f"{labels['jaw']} arch, {len(labels['confidence'])} teeth"
    if labels["check"]:
        words += f"; a person should look at {', '.join(map(str, labels['check']))}"
    return words
