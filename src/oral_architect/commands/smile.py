"""``smile``: the smile of a case measured, drawn, and shown before and after."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from oral_architect.commands.answer import Answer, DebugOption, JsonOption, answering
from oral_architect.commands.terminal import progress
from oral_architect.errors import CaseError, InputError

if TYPE_CHECKING:
    from oral_architect.anatomy.document import Landscape
    from oral_architect.design.aesthetics import Aesthetics, MeasuredShade, SmileSettings
    from oral_architect.design.document import Design


@answering
def smile(
    case: Annotated[Path, typer.Argument(help="A case that 'restore' made.")],
    out: Annotated[Path, typer.Option(help="A folder for the sheet, the measures and the stills.")],
    photo: Annotated[Path | None, typer.Option(help="A smile photograph, JPEG or PNG; it stays where it is.")] = None,
    points: Annotated[Path | None, typer.Option(help="The points picked on the photograph, JSON.")] = None,
    shades: Annotated[Path | None, typer.Option(help="The clinic's shade table, CSV or JSON; or 'demo'.")] = None,
    shade: Annotated[str | None, typer.Option(help="The colour wanted, as L,a,b of an instrument.")] = None,
    title: Annotated[str, typer.Option(help="Head of the sheet; the name of the case when not given.")] = "",
    json_: JsonOption = False,
    debug: DebugOption = False,
) -> Answer:
    """Measure the smile of a case, draw it, and show it before and after as designed."""
    if photo is not None and points is None:
        raise InputError(
            "a photograph without points says nothing.", where=str(photo), todo="Give the points file with --points."
        )
    if (shades is None) != (shade is None):
        raise InputError(
            "a shade needs both a table and a colour.", where="smile", todo="Give --shades and --shade, or neither."
        )
    measured = None if shade is None else _colour(shade)
    landscape, design = _loaded(case)
    with progress(silent=json_) as told:
        begun = time.monotonic()
        told.begin("smile", "Measuring the smile")
        from oral_architect.design.aesthetics import assess, read_photograph, smile_sheet, write_preview

        picked = None if points is None else read_photograph(points, photo)
        settings = _settings(shades, measured)
        front = _front(design)
        before = assess(landscape, None, picked, settings)
        after = None if front is None else assess(landscape, front, picked, settings)
        sheet = smile_sheet(after or before, before if after else None, title=title or case.name)
        files = _write(out, before, after, sheet)
        if front is not None and after is not None:
            told.advance(0.4, "drawing before and after")
            files += write_preview(out / "preview", landscape, front, before, after)[1]
        told.end("smile", time.monotonic() - begun, reused=False)
    return _answer(before, after, [str(f) for f in files])


def _answer(before: Aesthetics, after: Aesthetics | None, files: list[str]) -> Answer:
    shown = after or before
    counts = {v: sum(c.verdict == v for c in shown.checks) for v in ("pass", "warn", "fail")}
    data: dict[str, Any] = {
        "files": files,
        "restored": [t.fdi for t in shown.teeth if t.restored],
        "checks": counts,
        "observations": [o.model_dump(mode="json") for o in shown.observations],
        "before": None if after is None else [o.model_dump(mode="json") for o in before.observations],
        "photo": None if shown.photo is None else shown.photo.model_dump(mode="json"),
        "shade": None if shown.shade is None else shown.shade.model_dump(mode="json"),
        "layering": [p.model_dump(mode="json") for p in shown.layering],
        "warnings": list(shown.warnings),
    }
    lines = [f"{len(shown.observations)} measures, {sum(counts.values())} with a published threshold."]
    lines += [
        f"Look at: {o.words}, {o.value:.2f} {o.unit} (accepted to {o.limit:g}; {o.source})."
        for o in shown.observations
        if o.verdict in ("warn", "fail") and o.value is not None and o.limit is not None
    ]
    if shown.photo is not None:
        lines.append(f"The photograph lies on the teeth within {shown.photo.rms_mm:.2f} mm.")
    if shown.shade is not None:
        lines.append(f"Shade: {shown.shade.words}.")
    return Answer(data, "\n".join([*lines, *shown.warnings, *files]))


def _loaded(folder: Path) -> tuple[Landscape, Design | None]:
    from oral_architect.anatomy.document import Landscape
    from oral_architect.case import Case
    from oral_architect.design.document import Design

    if not folder.is_dir():
        raise InputError("there is no such case.", where=str(folder), todo="Make one with 'oral-architect restore'.")
    case = Case.open(folder)
    landscape = case.load("anatomy")
    design = case.load("design") if case.has("design") else None
    if not isinstance(landscape, Landscape) or not isinstance(design, Design | None):
        raise CaseError(
            "the anatomy or the design of this case is none.",
            where=str(folder),
            todo="Run 'oral-architect restore' on it.",
        )
    return landscape, design


def _front(design: Design | None) -> Design | None:
    """The design, if it changes what a smile shows."""
    from oral_architect.teeth.fdi import jaw_of, position

    if design is None:
        return None
    shown = [
        r
        for r in design.restorations
        if f"restored_{r.fdi}" in design.shapes and (jaw_of(r.fdi) == "upper" or position(r.fdi) <= 3)
    ]
    return design if shown else None


def _settings(shades: Path | None, measured: MeasuredShade | None) -> SmileSettings:
    from oral_architect.design.aesthetics import SmileSettings, demo_shades, read_shades

    if shades is None:
        return SmileSettings()
    return SmileSettings(shades=demo_shades() if str(shades) == "demo" else read_shades(shades), measured=measured)


def _colour(text: str) -> MeasuredShade:
    from pydantic import ValidationError

    from oral_architect.design.aesthetics import MeasuredShade

    parts = text.replace(";", ",").split(",")
    try:
        return MeasuredShade(lab=tuple(float(p) for p in parts))  # type: ignore[arg-type]
    except (ValueError, ValidationError):
        raise InputError(
            f"'{text}' is no colour.", where="--shade", todo="Write three numbers: L,a,b, such as 74.2,1.1,18.5."
        ) from None


def _write(out: Path, before: Aesthetics, after: Aesthetics | None, sheet: str) -> list[Path]:
    from oral_architect.case import disk

    files: dict[Path, str] = {out / "smile.svg": sheet, out / "before.json": before.model_dump_json(indent=1) + "\n"}
    if after is not None:
        files[out / "after.json"] = after.model_dump_json(indent=1) + "\n"
    for path, content in files.items():
        with disk.explained(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            disk.replace_file(path, content.encode("utf-8"))
    return list(files)
