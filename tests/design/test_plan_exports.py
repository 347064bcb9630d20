"""What is written for other programs reads back as it was: meshes in every form, and the construction file."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh

from oral_architect.anatomy.document import Landscape
from oral_architect.construction import Construction, construction_of, read_construction
from oral_architect.design.document import Check, Design, Prepared, Restoration, Touch
from oral_architect.errors import InputError
from oral_architect.geometry import Mesh
from oral_architect.mesh_files import SUFFIXES, mesh_bytes
from oral_architect.scan.formats import detect, open_file

BALL = Mesh.from_trimesh(trimesh.creation.icosphere(subdivisions=2, radius=4.0)).transformed(
    np.array([[1, 0, 0, -20.0], [0, 1, 0, 7.5], [0, 0, 1, 3.25], [0, 0, 0, 1]])
)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_mesh_in_any_form_is_read_back_with_its_places_and_its_unit(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"crown{suffix}"
    path.write_bytes(mesh_bytes(BALL, suffix, "crown_16"))
    source = open_file(path)
    read = detect(source).read(source)
    points = np.asarray(read.vertices)
    if suffix == ".glb":  # metres, +y up
        points = 1000 * points @ np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]])
    assert len(read.faces) == len(BALL.faces)
    assert np.allclose(points.min(axis=0), BALL.vertices.min(axis=0), atol=1e-4)
    assert np.allclose(points.max(axis=0), BALL.vertices.max(axis=0), atol=1e-4)
    declared: Any = read.unit
    assert declared == {".3mf": "mm", ".dcm": "mm", ".glb": "m"}.get(suffix)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_same_mesh_gives_the_same_bytes(suffix: str) -> None:
    assert mesh_bytes(BALL, suffix) == mesh_bytes(BALL, suffix)


def test_a_form_that_cannot_be_written_is_refused_with_those_that_can() -> None:
    with pytest.raises(InputError, match=r"\.stl"):
        mesh_bytes(BALL, ".step")


def design() -> Design:
    check = Check(
        check="undercut", value=0.01, limit=0.0, unit="mm", source="s", standing="computed", verdict="warn",
        at=(1, 2, 3), fdi=16,
    )  # fmt: skip
    crown = Restoration(
        fdi=16,
        kind="crown",
        material="Zirconia 3Y (Ceramill ZI)",
        volume_mm3=268.0,
        insertion_axis=(0, 0.6, -0.8),
        checks=(check,),
        preparation=Prepared(
            margin="chamfer", axis=(0, 0.6, -0.8), taper_deg=12, height_mm=4, undercut_mm=0.01, reduction_mm=1.6,
            sure_share=0.9,
        ),
        contacts=(Touch(name="mesial", other=15, asked_um=30, made_um=28),),
    )  # fmt: skip
    line = np.array([[1.0, 0, 0], [0, 1, 0], [-1, 0, 0.1]])
    arrays = {"finish_line_16": line, "finish_line_sure_16": np.array([True, False, True])}
    return Design(restorations=(crown,), shapes={"restoration_16": BALL, "restored_16": BALL}, arrays=arrays)


def test_a_construction_file_says_all_of_a_restoration_and_reads_back() -> None:
    stl = mesh_bytes(BALL, ".stl")
    named = {16: ("restoration_16.stl", hashlib.sha256(stl).hexdigest())}
    made = construction_of(Landscape(arches=(), teeth=()), design(), named)
    again = read_construction(made.to_bytes())
    assert again == made
    part = again.parts[0]
    assert (part.tooth, part.kind, part.mesh, part.margin_kind) == (16, "crown", "restoration_16.stl", "chamfer")
    assert part.mesh_sha256 == hashlib.sha256(stl).hexdigest()
    assert part.margin == ((1.0, 0, 0), (0, 1, 0), (-1, 0, 0.1))
    assert part.margin_sure == (True, False, True)
    assert part.cement is not None
    assert part.cement.gap_um > 0
    assert part.checks[0].at == (1, 2, 3)


@pytest.mark.parametrize("content", [b"", b"{}", b'{"format": "other", "parts": [], "software": ""}'])
def test_what_is_no_construction_file_is_refused(content: bytes) -> None:
    with pytest.raises(InputError, match="no construction file"):
        read_construction(content)


def test_the_schema_of_the_construction_file_is_published() -> None:
    from oral_architect.schemas import published_schemas

    schema = published_schemas("Construction")["Construction"]
    assert set(schema["properties"]) == set(Construction.model_fields)


def test_a_design_from_before_plans_is_still_read() -> None:
    old = {
        "restorations": [
            {"fdi": 16, "kind": "onlay", "material": "x", "volume_mm3": 1.0, "insertion_axis": [0, 0, 1], "checks": []}
        ],
        "skipped": [],
    }
    read = Design.model_validate(old)
    assert read.restorations[0].preparation is None
    assert read.restorations[0].made_from == ""
