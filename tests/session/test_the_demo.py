from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh

from oral_architect.anatomy.document import Landscape
from oral_architect.case import Case, Document
from oral_architect.demo import DemoResult, demo
from oral_architect.scan.document import Scan, ScanQuality
from oral_architect.scan.raw import Source
from oral_architect.scan.readers import stl

from .fake_rooms import ROOMS, SETTINGS, SURFACE, FakeSettings, anatomy

TRUTH = {"labels_upper": np.array([0, 16, 17, 17]), "labels_lower": np.array([0, 46, 47, 48])}


class Patient(Document):
    seed: int


def patient(settings: FakeSettings) -> Patient:
    return Patient(seed=settings.seed, shapes={"upper_scan": SURFACE, "lower_scan": SURFACE}, arrays=TRUTH)


def read(path: Path, settings: FakeSettings) -> Scan:
    """Read the file for true, and find the vertices of the surface that lie at those of the file."""
    mesh: Any = trimesh.load_mesh(path, process=False)
    at = np.abs(SURFACE.vertices[None] - mesh.vertices[:, None]).sum(axis=2).argmin(axis=1)
    quality = ScanQuality(
        input_vertices=len(at), input_faces=4, vertices=4, faces=4, area_mm2=100, mean_edge_mm=9,
        boundary_loops=0, components=1, extent_mm=(9, 9, 9),
    )  # fmt: skip
    return Scan(
        name=path.name, source=path.stem, format=path.suffix, unit="mm", unit_reason="said", scale_to_mm=1,
        repairs=(), quality=quality, shapes={"surface": SURFACE}, arrays={"input_vertex": at.astype(np.int32)},
    )  # fmt: skip


def run(folder: Path, rooms: Any) -> DemoResult:
    return demo(5, folder, SETTINGS, rooms=rooms, patient_stage=patient, patient_settings=FakeSettings(seed=5))


@pytest.fixture
def rooms() -> Any:
    return replace(ROOMS, scan=read)


def test_the_patient_goes_through_files_as_any_other(tmp_path: Path, rooms: Any) -> None:
    result = run(tmp_path / "case", rooms)
    assert [scan.format for scan in result.session.scans] == [".ply", ".stl"]
    assert [scan.quality.input_vertices for scan in result.session.scans] == [4, 12]
    assert Case.open(tmp_path / "case").verify() == []


def test_what_was_found_is_compared_with_the_truth(tmp_path: Path, rooms: Any) -> None:
    upper, lower = run(tmp_path / "case", rooms).comparison.arches
    assert (upper.vertex_accuracy, upper.missed, upper.extra, upper.jaw_found) == (1.0, (), (), "upper")
    assert (lower.vertex_accuracy, lower.missed, lower.extra) == (0.75, (48,), ())


def test_the_comparison_names_a_wrong_jaw_and_teeth_that_are_not_there(tmp_path: Path, rooms: Any) -> None:
    def upside_down(scans: Any, settings: Any) -> Landscape:
        other = {"upper": "lower", "lower": "upper"}
        return anatomy([scan.model_copy(update={"source": other[scan.source]}) for scan in scans], settings)

    comparison = run(tmp_path / "case", replace(rooms, anatomy=upside_down)).comparison
    assert comparison.arches[0].jaw_found == "lower"
    assert comparison.arches[0].extra == (46, 47)
    assert "missed 16, 17, not there but found 46, 47, taken for lower" in comparison.in_words()


def test_the_second_demo_runs_nothing(tmp_path: Path, rooms: Any) -> None:
    run(tmp_path / "case", rooms)
    again = run(tmp_path / "case", rooms)
    assert all(ran.reused for ran in again.session.ran.values())
    assert {"phantom", "scanner", "comparison"} <= set(Case.open(tmp_path / "case").manifest.stages)


def test_an_stl_file_has_three_vertices_of_its_own_for_each_face(tmp_path: Path) -> None:
    path = tmp_path / "x.stl"
    path.write_bytes(SURFACE.to_trimesh().export(file_type="stl"))
    raw = stl.read(Source(path, path.read_bytes()))
    np.testing.assert_array_equal(raw.vertices, SURFACE.vertices[SURFACE.faces.ravel()])
