"""``crown``: from a scan with a prepared tooth to the mesh of its crown, with its checks beside it."""

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
    from oral_architect.crown_of_scan import ScannedCrown


@answering
def crown(
    scan: Annotated[Path, typer.Argument(help="Scan of the prepared tooth's jaw, or of a part of it.")],
    *,
    tooth: Annotated[int, typer.Option(help="FDI number of the prepared tooth.")],
    out: Annotated[Path, typer.Option(help="The mesh: .stl, .ply, .obj, .glb, .3mf or .dcm.")],
    antagonist: Annotated[Path | None, typer.Option(help="Scan of the other jaw.")] = None,
    material: Annotated[str | None, typer.Option(help="As in the tables; a wrong one lists them.")] = None,
    form: Annotated[str | None, typer.Option(help="inferred, mirror, library, or 'copy 15'.")] = None,
    policy: Annotated[str | None, typer.Option(help="Too thin: thicken, reduce, material or refuse.")] = None,
    offer: Annotated[str, typer.Option(help="Further forms to write beside it: mirror,library,smooth")] = "",
    at: Annotated[str | None, typer.Option(help="X,Y,Z on the prepared tooth, in the scan's frame, mm.")] = None,
    json_: JsonOption = False,
    debug: DebugOption = False,
) -> Answer:
    """Design the crown of one prepared tooth, in the frame of its scan."""
    from oral_architect.design.plan import ToothPlan, checked
    from oral_architect.mesh_files import known_suffix

    known_suffix(out)
    for path in filter(None, (scan, antagonist)):
        if not path.is_file():
            raise InputError("there is no such file.", where=str(path), todo="Check the path.")
    wanted = {"fdi": tooth, "material": material, "form": form, "policy": policy}
    plan = checked(ToothPlan, {key: value for key, value in wanted.items() if value is not None}, f"tooth {tooth}")
    offers, point = _offers(offer), _point(at)
    from oral_architect.crown_of_scan import crown_of_scan

    begun = time.monotonic()
    with progress(silent=json_) as told:
        made = crown_of_scan(scan, plan, antagonist, at=point, offers=offers, progress=told)
    files = _written(made, out)
    verdicts = [check.verdict for check in made.restoration.checks]
    data = {
        "file": str(out),
        "files": files,
        "tooth": tooth,
        "material": made.restoration.material,
        "form": made.restoration.form,
        "margin": made.restoration.preparation.margin if made.restoration.preparation else None,
        "insertion_axis": made.restoration.insertion_axis,
        "volume_mm3": made.restoration.volume_mm3,
        "proposals": [one.model_dump(mode="json") for one in made.restoration.proposals],
        "checks": {verdict: verdicts.count(verdict) for verdict in ("pass", "warn", "fail")},
        "notes": [*made.restoration.notes, *made.warnings],
        "seconds": round(time.monotonic() - begun, 2),
    }
    return Answer(data, "\n".join(_words(made, data)))


def _offers(words: str) -> tuple[str, ...]:
    names = tuple(filter(None, (name.strip() for name in words.split(","))))
    known = ("inferred", "mirror", "library", "smooth")
    for name in names:
        if name not in known:
            raise InputError(f"there is no form '{name}'.", where="--offer", todo=f"Use {', '.join(known)}.")
    return names


def _point(words: str | None) -> tuple[float, float, float] | None:
    if words is None:
        return None
    try:
        x, y, z = (float(part) for part in words.split(","))
    except ValueError:
        raise InputError(f"'{words}' is no point.", where="--at", todo="Give X,Y,Z in mm, such as 12.5,-3,8.") from None
    return x, y, z


def _written(made: ScannedCrown, out: Path) -> list[str]:
    from oral_architect.case import disk
    from oral_architect.mesh_files import mesh_bytes

    name = f"crown_{made.restoration.fdi}"
    checks = (json.dumps(made.checks(), ensure_ascii=False, indent=1) + "\n").encode()
    contents = {out: mesh_bytes(made.mesh, out.suffix, name), out.with_suffix(".checks.json"): checks}
    for offer, mesh in made.offers.items():
        contents[out.with_name(f"{out.stem}.{offer}{out.suffix}")] = mesh_bytes(mesh, out.suffix, f"{name}_{offer}")
    with disk.explained(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        for path, content in contents.items():
            disk.replace_file(path, content)
    return [str(path) for path in contents]


def _words(made: ScannedCrown, data: dict[str, Any]) -> list[str]:
    one, counts = made.restoration, data["checks"]
    bad = [f"{check.check}: {check.note}" for check in one.checks if check.verdict == "fail"]
    return [
        f"Crown of {one.fdi}: {one.material}, {one.volume_mm3:.1f} mm³, form {one.form}, {data['margin']} margin.",
        f"Checks: {counts['pass']} pass, {counts['warn']} warn, {counts['fail']} fail.",
        *(f"Failed: {words}" for words in bad),
        *(f"Note: {words}" for words in data["notes"]),
        *(f"Form {offer.name}: {offer.differs}" for offer in one.proposals[1:]),
        *data["files"],
    ]
