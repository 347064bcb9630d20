"""Shapes of a case for other programs: STL, PLY or GLB, in mm, patient frame."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from oral_architect.case import disk
from oral_architect.errors import CaseError
from oral_architect.geometry.ply import to_ply

if TYPE_CHECKING:
    from oral_architect.case import Case
    from oral_architect.geometry import Mesh

Form = Literal["stl", "ply", "glb"]


def export_shapes(case: Case, form: Form, folder: Path) -> list[Path]:
    """Write the arches and the designed restorations into a folder.

    Parameters
    ----------
    case
        A case with a landscape; the design is added when there is one.
    form
        ``stl`` and ``ply``: one file a shape. ``glb``: one scene, one named node a shape, in metres and +y up as
        glTF wants.
    folder
        Files of the same name in it are replaced, each in one step.

    Raises
    ------
    CaseError
        When the case holds no landscape, is damaged, or the folder cannot be written to.
    """
    shapes = _shapes(case)
    contents = (
        {"case.glb": _to_glb(shapes)} if form == "glb" else {f"{n}.{form}": _one(m, form) for n, m in shapes.items()}
    )
    written = []
    with disk.explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            disk.replace_file(folder / name, content)
            written.append(folder / name)
    return written


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


def _one(mesh: Mesh, form: Form) -> bytes:
    if form == "ply":
        return to_ply(mesh)
    surface: Any = mesh.to_trimesh()
    return bytes(surface.export(file_type="stl"))


def _to_glb(shapes: dict[str, Mesh]) -> bytes:
    import numpy as np
    import trimesh

    scene: Any = trimesh.Scene()
    # glTF: metres, +y up, the front looks along +z; the patient's are millimetres, +z up, -y in front
    to_gltf = np.array([[1, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 0], [0, 0, 0, 1000.0]]) / 1000
    for name, mesh in shapes.items():
        scene.add_geometry(mesh.transformed(to_gltf).to_trimesh(), node_name=name, geom_name=name)
    return bytes(scene.export(file_type="glb"))
