"""What people really give by mistake, through the real rooms: a plain refusal and no half-written case."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import trimesh
from typer.testing import CliRunner, Result

from oral_architect.case import Case
from oral_architect.cli import app
from oral_architect.geometry import Mesh
from oral_architect.segmentation import segment
from small_patient import patient

UNITS = {"m": 0.001, "inch": 1 / 25.4}


def write(path: Path, mesh: Mesh) -> Path:
    path.write_bytes(mesh.to_trimesh().export(file_type=path.suffix[1:]))  # type: ignore[arg-type]
    return path


def restore(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["restore", *map(str, arguments), "--json"])


def refused(result: Result, case: Path, code: int = 2) -> str:
    """What was said, after checking that the case is whole and holds nothing that was not finished."""
    assert result.exit_code == code, result.stdout
    told = json.loads(result.stdout)
    assert told["where"]
    assert told["todo"]
    assert "fault of the program" not in told["what"]
    if (case / "case.json").exists():
        assert Case.open(case).verify() == []
    return str(told["what"])


def upper() -> Mesh:
    return patient().shapes["upper_scan"]


def empty(path: Path) -> None:
    path.write_bytes(b"")


def truncated(path: Path) -> None:
    write(path, upper())
    path.write_bytes(path.read_bytes()[:40_000])


def text(path: Path) -> None:
    path.write_text("Dear colleague, the scan is enclosed.\n" * 40)


def one_triangle(path: Path) -> None:
    write(path, Mesh(np.eye(3) * 30, np.array([[0, 1, 2]])))


def not_a_number(path: Path) -> None:
    write(path, Mesh(np.full_like(upper().vertices, np.nan), upper().faces))


def cube(path: Path) -> None:
    solid = trimesh.creation.box((40, 40, 40))
    for _ in range(4):
        solid = solid.subdivide()
    write(path, Mesh.from_trimesh(solid))


def cats_skull(path: Path) -> None:
    from scan.shapes import skull

    write(path, skull(80))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (empty, "the file is empty"),
        (truncated, "it promises"),
        (text, "not a surface"),
        (one_triangle, "1 usable faces"),
        (not_a_number, "finite"),
        (cube, "this does not look like a dental arch"),
        (cats_skull, "this does not look like a dental arch"),
    ],
)
def test_what_cannot_be_used_is_refused_in_words(tmp_path: Path, make: object, said: str) -> None:
    path = tmp_path / "scan.stl"
    make(path)  # type: ignore[operator]
    assert said in refused(restore(path, "--out", tmp_path / "case"), tmp_path / "case")


def test_two_upper_arches_are_refused_as_a_pair(tmp_path: Path) -> None:
    first, second = write(tmp_path / "a.stl", upper()), write(tmp_path / "b.stl", upper())
    said = refused(restore(first, second, "--out", tmp_path / "case"), tmp_path / "case")
    assert "both scans look like upper arches" in said


@pytest.fixture(scope="module")
def in_mm(tmp_path_factory: pytest.TempPathFactory) -> list[int]:
    found = segment(write(tmp_path_factory.mktemp("mm") / "upper.ply", upper()))
    assert found["jaw"] == "upper"
    return list(found["labels"])


@pytest.mark.parametrize("unit", UNITS)
def test_metres_and_inches_give_the_labels_of_millimetres(unit: str, tmp_path: Path, in_mm: list[int]) -> None:
    scaled = Mesh(upper().vertices * UNITS[unit], upper().faces)
    found = segment(write(tmp_path / "upper.ply", scaled))
    assert found["jaw"] == "upper"
    assert np.mean(np.array(found["labels"]) == in_mm) > 0.99


def test_a_few_lost_vertices_do_not_matter(tmp_path: Path, in_mm: list[int]) -> None:
    vertices = upper().vertices.copy()
    vertices[::500] = np.nan
    found = segment(write(tmp_path / "upper.ply", Mesh(vertices, upper().faces)))
    assert np.mean(np.array(found["labels"]) == in_mm) > 0.97


def test_spaces_and_umlauts_in_every_path_are_no_matter(tmp_path: Path, in_mm: list[int]) -> None:
    folder = tmp_path / "Aufnahmen für Frau Groß"
    folder.mkdir()
    path, out = write(folder / "Ober kiefer ä.ply", upper()), folder / "Zähne 1.json"
    result = CliRunner().invoke(app, ["segment", str(path), "--out", str(out)])
    assert result.exit_code == 0, result.stderr
    assert np.mean(np.array(json.loads(out.read_text(encoding="utf-8"))["labels"]) == in_mm) > 0.99


def test_a_place_that_may_not_be_written_is_said_so(tmp_path: Path) -> None:
    place = tmp_path / "locked"
    place.mkdir()
    place.chmod(0o500)
    if os.access(place, os.W_OK):  # the superuser may write everywhere but into /proc
        place = Path("/proc")
    result = restore(write(tmp_path / "scan.stl", upper()), "--out", place / "case")
    assert refused(result, place / "case", code=3)


def test_a_full_disk_is_said_so_and_leaves_a_whole_case(tmp_path: Path) -> None:
    """A limit on the size of a file stands for the disk: the first large shape does not fit."""
    path, case = write(tmp_path / "scan.stl", upper()), tmp_path / "case"
    program = (
        "import resource, signal, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "sys.argv[0] = 'oral-architect'\n"
        "from oral_architect.cli import main\nmain()\n"
    )
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "numba")}
    command = [sys.executable, "-c", program, "restore", str(path), "--out", str(case), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 3, done.stdout + done.stderr
    assert Case.open(case).verify() == []
    assert not Case.open(case).has("scan_upper")


@pytest.mark.slow
def test_five_million_faces_are_labelled_within_four_gigabytes(tmp_path: Path) -> None:
    mesh = upper().to_trimesh()
    while len(mesh.faces) < 4_500_000:
        mesh = mesh.subdivide()
    path = tmp_path / "huge.stl"
    path.write_bytes(mesh.export(file_type="stl"))
    command = [sys.executable, "-m", "oral_architect.cli", "segment", str(path), "--out", str(tmp_path / "labels.json")]
    subprocess.run(command, check=True, capture_output=True)
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20 < 4
    told = json.loads((tmp_path / "labels.json").read_text())
    assert told["jaw"] == "upper"
    assert len(told["labels"]) == 3 * len(mesh.faces)
