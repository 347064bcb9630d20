"""``chart``: the tooth chart, labelled stills and measures of one mouth."""

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
    from oral_architect.progress import Progress

MOST_SCANS = 2


@answering
def chart(
    mouth: Annotated[list[Path], typer.Argument(help="A case, or one scan, or the two scans of a mouth.")],
    out: Annotated[
        Path, typer.Option(help="A folder for chart, stills and measures; or chart.svg for the chart alone.")
    ],
    title: Annotated[str, typer.Option(help="Head of the chart; the names of the files when not given.")] = "",
    json_: JsonOption = False,
    debug: DebugOption = False,
) -> Answer:
    """Draw the tooth chart of a mouth with its measures, and labelled pictures of its arches."""
    _check(mouth)
    with progress(silent=json_) as told:
        landscape = _of_case(mouth[0]) if mouth[0].is_dir() else _of_scans(mouth, told)
        told.begin("chart", "Drawing")
        begun = time.monotonic()
        from oral_architect.web.sheets import to_look_at, write_sheets

        files = write_sheets(out, landscape, title=title or " and ".join(p.name for p in mouth))
        told.end("chart", time.monotonic() - begun, reused=False)
    unsure = to_look_at(landscape)
    data: dict[str, Any] = {
        "files": [str(path) for path in files],
        "jaws": [arch.jaw for arch in landscape.arches],
        "teeth": sorted(tooth.fdi for tooth in landscape.teeth),
        "missing": sorted(fdi for arch in landscape.arches for fdi in arch.missing),
        "look_at": {str(fdi): confidence for fdi, confidence in unsure.items()},
        "warnings": [words for arch in landscape.arches for words in arch.warnings],
    }
    lines = [f"{len(data['teeth'])} teeth on the {' and '.join(data['jaws'])} arch."]
    if unsure:
        lines.append(f"A person should look at the number of {', '.join(map(str, unsure))}.")
    return Answer(data, "\n".join([*lines, *data["files"]]))


def _check(mouth: list[Path]) -> None:
    for path in mouth:
        if not path.exists():
            raise InputError("there is no such file or case.", where=str(path), todo="Check the path.")
    cases = sum(path.is_dir() for path in mouth)
    if len(mouth) > MOST_SCANS or (cases and len(mouth) > 1):
        raise InputError(
            "a chart is of one mouth.", where="chart", todo="Give one case, or one scan, or one scan of each jaw."
        )


def _of_case(folder: Path) -> Landscape:
    from oral_architect.anatomy.document import Landscape
    from oral_architect.case import Case

    landscape = Case.open(folder).load("anatomy")
    if not isinstance(landscape, Landscape):
        raise CaseError(
            "the anatomy of this case is no landscape.", where=str(folder), todo="Run 'oral-architect restore' on it."
        )
    return landscape


def _of_scans(paths: list[Path], told: Progress) -> Landscape:
    from oral_architect.session import Rooms, SessionSettings

    rooms, settings = Rooms.of_the_house(), SessionSettings.of_the_house()
    scans = []
    for path in paths:
        begun = time.monotonic()
        told.begin("scan", f"Reading {path.name}")
        scans.append(rooms.scan(path, settings.scan))
        told.end("scan", time.monotonic() - begun, reused=False)
    begun = time.monotonic()
    told.begin("anatomy", "Finding teeth, numbers and measures")
    landscape = rooms.anatomy(tuple(scans), settings.anatomy)
    told.end("anatomy", time.monotonic() - begun, reused=False)
    return landscape
