"""``articulate``: where the lower arch lies against the upper, with contacts, doubts and excursions."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from oral_architect.commands.answer import Answer, DebugOption, JsonOption, answering
from oral_architect.commands.terminal import progress
from oral_architect.errors import InputError

if TYPE_CHECKING:
    from oral_architect.bring_together import Articulated


@answering
def articulate(
    upper: Annotated[Path, typer.Argument(help="Scan of the upper arch.")],
    lower: Annotated[Path, typer.Argument(help="Scan of the lower arch.")],
    out: Annotated[Path | None, typer.Option(help="bite.json; may be left out with --json.")] = None,
    bite: Annotated[Path | None, typer.Option(help="A bite scan that shows teeth of both jaws.")] = None,
    protrude: Annotated[float, typer.Option(help="Let the jaw glide forward by so many mm.", min=0, max=12)] = 0.0,
    aside: Annotated[float, typer.Option(help="And to each side by so many mm.", min=0, max=12)] = 0.0,
    inclination: Annotated[float | None, typer.Option(help="Condylar inclination, degrees.", min=0, max=79)] = None,
    bennett: Annotated[float | None, typer.Option(help="Bennett angle, degrees.", min=0, max=59)] = None,
    moved: Annotated[Path | None, typer.Option(help="Write the lower arch in bite: .ply, .obj or .stl.")] = None,
    picture: Annotated[Path | None, typer.Option(help="Write the contact map of both arches: .png.")] = None,
    json_: JsonOption = False,
    debug: DebugOption = False,
) -> Answer:
    """Bring the lower arch into maximum intercuspation with the upper."""
    _check(upper, lower, bite, out, json_, moved)
    from oral_architect.anatomy.bite.articulator import ArticulatorSettings
    from oral_architect.bring_together import bring_together

    settings = ArticulatorSettings(condylar_inclination_deg=inclination, bennett_deg=bennett)
    with progress(silent=json_) as told:
        begun = time.monotonic()
        told.begin("articulate", f"Bringing {lower.name} into bite with {upper.name}")
        found = bring_together(upper, lower, bite_scan=bite, protrude_mm=protrude, aside_mm=aside, articulator=settings)
        told.end("articulate", time.monotonic() - begun, reused=False)
    form = found.as_dict()
    files = _written(found, form, out, moved, picture)
    return Answer(form if out is None else {"files": files, **form}, "\n".join(_words(found, files)))


def _check(upper: Path, lower: Path, bite: Path | None, out: Path | None, as_json: bool, moved: Path | None) -> None:
    for path in filter(None, (upper, lower, bite)):
        if not path.is_file():
            raise InputError("there is no such file.", where=str(path), todo="Check the path.")
    if upper.resolve() == lower.resolve():
        raise InputError(
            "the same file was given twice.", where=str(upper), todo="Give one scan of the upper and one of the lower."
        )
    if out is None and not as_json:
        raise InputError("it is not said where the bite goes.", where="articulate", todo="Give --out, or --json.")
    if moved is not None and moved.suffix.lower() not in (".ply", ".obj", ".stl"):
        raise InputError(f"'{moved.suffix}' cannot be written.", where=str(moved), todo="Name it .ply, .obj or .stl.")


def _written(
    found: Articulated, form: dict[str, Any], out: Path | None, moved: Path | None, picture: Path | None
) -> list[str]:
    from oral_architect.case import disk

    files = [path for path in (out, moved, picture) if path is not None]
    for path in files:
        with disk.explained(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            if path == out:
                disk.replace_file(path, (json.dumps(form) + "\n").encode())
            elif path == moved:
                _export(found, path)
            else:
                from oral_architect.web.bite_picture import contact_picture

                disk.replace_file(path, contact_picture(found.landscape))
    return [str(path) for path in files]


def _export(found: Articulated, path: Path) -> None:
    """Write the lower scan in the upper file's frame, mm."""
    from oral_architect.case import disk

    mesh = found.lower.surface.transformed(found.matrix()).to_trimesh()
    written: Any = mesh.export(file_type=path.suffix.lower()[1:])
    disk.replace_file(path, written if isinstance(written, bytes) else written.encode())


def _words(found: Articulated, files: list[str]) -> list[str]:
    bite = found.bite
    teeth = sorted({c.lower for c in bite.contacts})
    overlap = f"overlap at most {bite.max_penetration_mm:.2f} mm"
    lines = [f"{len(teeth)} lower teeth touch ({_list(tuple(teeth))}), {overlap}." if teeth else "No teeth touch."]
    lines += [f"Not certain: {bite.note}."] if bite.ambiguous else []
    lines += [f"Note: {words}." for words in found.remarks]
    lines += [f"Another bite lies {r.away_mm:.1f} mm away ({r.touching} teeth touch)." for r in bite.rivals]
    for e in found.excursions:
        name = "forward" if e.kind == "protrusion" else f"to the {e.kind}"
        lines.append(f"Gliding {name}: {_list(e.guiding)} guide; interferences: {_list(e.interferences)}.")
    return [*lines, *files]


def _list(teeth: tuple[int, ...]) -> str:
    return ", ".join(map(str, teeth)) if teeth else "none"
