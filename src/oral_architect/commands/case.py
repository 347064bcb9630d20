"""``verify``, ``export`` and ``schema``: what lies in a case, for people and for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from oral_architect.commands.answer import Answer, DebugOption, JsonOption, answering
from oral_architect.errors import CaseError


@answering
def verify(
    case: Annotated[Path, typer.Argument(help="The case folder.")],
    json_: JsonOption = False,
    debug: DebugOption = False,
) -> Answer:
    """Check every file of a case against its digest."""
    from oral_architect.case import Case

    opened = Case.open(case)
    problems = opened.verify()
    files = sum(len(record.files) for record in opened.manifest.stages.values())
    stages = len(opened.manifest.stages)
    is_whole = not any(problem.is_loss for problem in problems)
    data: dict[str, Any] = {
        "ok": is_whole,
        "case": str(case),
        "stages": stages,
        "files": files,
        "problems": [problem.model_dump() for problem in problems],
    }
    lines = [f"{problem.where} {problem.what}." for problem in problems]
    lines.append(
        f"The case is whole: {stages} stages, {files} files."
        if is_whole
        else "The case is damaged. Run 'oral-architect restore' on it again, or put back a copy."
    )
    return Answer(data, "\n".join(lines), 0 if is_whole else CaseError.exit_code)


@answering
def export(
    case: Annotated[Path, typer.Argument(help="The case folder.")],
    to: Annotated[
        Literal[
            "stl", "ply", "glb", "3mf", "dicom", "construction", "masks", "cli", "slices", "doses", "gcode", "programme"
        ],
        typer.Option("--to", help="The form of the files."),
    ],
    out: Annotated[Path | None, typer.Option(help="Where to; exports/ in the case when not given.")] = None,
    json_: JsonOption = False,
    debug: DebugOption = False,
) -> Answer:
    """Write the arches and the designed restorations for other programs and machines, in mm."""
    from oral_architect.case import Case
    from oral_architect.export import export_shapes

    folder = out if out is not None else case / "exports" / to
    written = export_shapes(Case.open(case), to, folder)
    data = {"case": str(case), "files": [str(path) for path in written]}
    return Answer(data, "\n".join(map(str, written)))


@answering
def schema(
    name: Annotated[str | None, typer.Argument(help="One document, such as Landscape; all when not given.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write one file a document into this folder.")] = None,
    json_: JsonOption = False,
    debug: DebugOption = False,
) -> Answer:
    """Publish the JSON schemas of case.json and of every document a case holds."""
    import json

    from oral_architect.case import disk
    from oral_architect.schemas import published_schemas

    schemas = published_schemas(name)
    if out is None:
        plain: dict[str, Any] = schemas if name is None else schemas[name]
        return Answer(plain, json.dumps(plain, ensure_ascii=False, indent=1))
    written = []
    with disk.explained(out):
        out.mkdir(parents=True, exist_ok=True)
        for title, one in schemas.items():
            path = out / f"{title}.schema.json"
            disk.replace_file(path, (json.dumps(one, ensure_ascii=False, indent=1) + "\n").encode())
            written.append(str(path))
    return Answer({"files": written}, "\n".join(written))
