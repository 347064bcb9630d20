"""Shapes of a case for other programs, in mm, patient frame, and its restorations for machines, in theirs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from oral_architect.case import disk
from oral_architect.errors import CaseError
from oral_architect.mesh_files import glb, mesh_bytes, threemf
from oral_architect.programme.package import to_package

from .dose_field import dose_package
from .machines import machine_files

if TYPE_CHECKING:
    from oral_architect.anatomy.document import Landscape
    from oral_architect.case import Case
    from oral_architect.design.document import Design
    from oral_architect.geometry import Mesh
    from oral_architect.programme import Programme

Form = Literal[
    "stl",
    "ply",
    "glb",
    "3mf",
    "dicom",
    "construction",
    "masks",
    "cli",
    "slices",
    "doses",
    "gcode",
    "programme",
]
CONSTRUCTION_FILE = "construction.json"


def export_shapes(case: Case, form: Form, folder: Path) -> list[Path]:
    """Write the arches and the designed restorations into a folder.

    Parameters
    ----------
    case
        A case with a landscape; the design is added when there is one.
    form
        ``stl`` and ``ply``: one file a shape. ``glb``: one scene, one named node a shape, in metres and +y up as
        glTF wants. ``3mf``: one package of the bodies to be built. ``dicom``: one encapsulated STL a body.
        ``construction``: ``construction.json`` and the STL files it names. ``masks``, ``cli``, ``slices``, ``gcode``:
        each body for a machine, with notes of material and support. ``doses``: 3MF bodies with their
        doses as a field inside. ``programme``: the programme in one file.
    folder
        Files of the same name in it are replaced, each in one step.

    Raises
    ------
    CaseError
        When the case holds no landscape, or no design where bodies are asked for, is damaged, or the folder cannot be
        written to.
    MissingPartError
        When a package the form needs is not installed.
    """
    contents = _contents(case, form)
    written = []
    with disk.explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            disk.replace_file(folder / name, content)
            written.append(folder / name)
    return written


def _contents(case: Case, form: Form) -> dict[str, bytes]:
    match form:
        case "stl" | "ply":
            contents = {f"{name}.{form}": mesh_bytes(mesh, f".{form}", name) for name, mesh in _shapes(case).items()}
        case "glb":
            contents = {"case.glb": glb(_shapes(case))}
        case "3mf":
            contents = {"restorations.3mf": threemf(_bodies(case))}
        case "dicom":
            contents = {f"{name}.dcm": mesh_bytes(mesh, ".dcm", name) for name, mesh in _bodies(case).items()}
        case "construction":
            contents = _construction(case)
        case "doses":
            programme = cast("Programme", case.load("programme"))
            shapes = _bodies(case)
            bodies = {tooth.fdi: shapes[f"restoration_{tooth.fdi}"] for tooth in programme.teeth}
            contents = {"doses.3mf": dose_package(programme, bodies)}
        case "programme":
            contents = {"programme.oap": to_package(cast("Programme", case.load("programme")))}
        case "masks" | "cli" | "slices" | "gcode":
            _bodies(case)
            contents = machine_files(cast("Design", case.load("design")), form)
    return contents


def _construction(case: Case) -> dict[str, bytes]:
    from oral_architect.construction import construction_of

    contents = {f"{name}.stl": mesh_bytes(mesh, ".stl", name) for name, mesh in _bodies(case).items()}
    design = cast("Design", case.load("design"))
    named = {
        one.fdi: (name, disk.digest(contents[name]))
        for one in design.restorations
        for name in [f"restoration_{one.fdi}.stl"]
    }
    described = construction_of(cast("Landscape", case.load("anatomy")), design, named)
    return {**contents, CONSTRUCTION_FILE: described.to_bytes()}


def _bodies(case: Case) -> dict[str, Mesh]:
    """The closed bodies of a design, named as in the design."""
    shapes = case.load("design").shapes
    bodies = {name: mesh for name, mesh in shapes.items() if name.startswith("restoration_")}
    if not bodies:
        raise CaseError("nothing was designed in this case.", where=str(case.folder), todo="Look at what was skipped.")
    return bodies


def _shapes(case: Case) -> dict[str, Mesh]:
    landscape = case.load("anatomy")
    shapes: dict[str, Mesh] = {jaw: landscape.shapes[jaw] for jaw in ("upper", "lower") if jaw in landscape.shapes}
    if case.has("design"):
        shapes |= case.load("design").shapes
    if not shapes:
        raise CaseError(
            "this case holds no shapes.", where=str(case.folder), todo="Run 'oral-architect restore' first."
        )
    return shapes
