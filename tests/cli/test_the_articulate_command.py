"""``articulate`` brings two scan files into bite, and says what it cannot take."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import trimesh
from typer.testing import Result

from oral_architect import phantom
from oral_architect.geometry import Mesh, concatenate
from oral_architect.geometry.ply import write_ply
from oral_architect.geometry.registration import rotation_from_vector
from small_patient import patient

Run = Callable[..., Result]


def displaced() -> np.ndarray:
    matrix = np.eye(4)
    matrix[:3, :3] = rotation_from_vector(np.array([0.3, -2.0, 0.5]))
    matrix[:3, 3] = [30, -70, 12]
    return matrix


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The small patient's scans, the lower one taken far out of bite."""
    return written(tmp_path_factory.mktemp("Abdrücke"), patient())


def written(folder: Path, mouth: phantom.Patient) -> tuple[Path, Path]:
    """A patient's scan files, the lower one taken far out of bite."""
    upper, lower = (mouth.shapes[f"{jaw}_scan"] for jaw in ("upper", "lower"))
    paths = folder / "upper.ply", folder / "lower.ply"
    write_ply(paths[0], Mesh(upper.vertices, upper.faces))
    write_ply(paths[1], Mesh(lower.vertices, lower.faces).transformed(displaced()))
    return paths


@pytest.mark.slow
def test_scans_out_of_bite_come_back_with_contacts_map_and_guidance(oral_architect: Run, tmp_path: Path) -> None:
    mouth = phantom.run(phantom.PhantomSettings(seed=4111, scanner="clean"))
    files = written(tmp_path, mouth)
    out, moved, picture = (tmp_path / name for name in ("bite.json", "lower.stl", "contacts.png"))
    options = ("--out", out, "--moved", moved, "--picture", picture, "--protrude", 1.0)
    result = oral_architect("articulate", *files, *options)
    assert result.exit_code == 0, result.output
    told = json.loads(out.read_text())
    off = np.array(told["matrix"]) @ displaced()
    lower = mouth.shapes["lower_scan"].vertices
    gone = np.linalg.norm(lower @ off[:3, :3].T + off[:3, 3] - lower, axis=1)
    assert gone.mean() < 0.3
    assert {c["lower"] // 10 for c in told["contacts"]} == {3, 4}
    assert told["max_penetration_mm"] <= 0.151
    assert told["excursions"][0]["guiding"]
    placed = trimesh.load(moved)
    assert np.abs(placed.bounds - (lower @ off[:3, :3].T + off[:3, 3])[[0]].repeat(2, 0)).max() < 100
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert "lower teeth touch" in result.output


@pytest.mark.slow
def test_a_bite_scan_settles_the_bite(oral_architect: Run, files: tuple[Path, Path], tmp_path: Path) -> None:
    """Both cheek sides of both arches in bite, in a pose of its own."""
    scan, out = tmp_path / "bite.ply", tmp_path / "bite.json"
    seen = []
    for jaw in ("upper", "lower"):
        mesh = patient().shapes[f"{jaw}_scan"]
        away = mesh.vertices - mesh.vertices.mean(axis=0)
        faces = mesh.faces[(mesh.face_normals * away[mesh.faces].mean(axis=1)).sum(axis=1) > 4]
        seen.append(Mesh(mesh.vertices, faces))
    write_ply(scan, concatenate(seen).transformed(np.linalg.inv(displaced())))
    result = oral_architect("articulate", *files, "--out", out, "--bite", scan)
    assert result.exit_code == 0, result.output
    off = np.array(json.loads(out.read_text())["matrix"]) @ displaced()
    lower = patient().shapes["lower_scan"].vertices
    assert np.linalg.norm(lower @ off[:3, :3].T + off[:3, 3] - lower, axis=1).max() < 0.2


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("there.ply", "missing.ply", "--json"), "no such file"),
        (("there.ply", "there.ply", "--json"), "same file"),
        (("there.ply", "other.ply"), "where the bite goes"),
        (("there.ply", "other.ply", "--json", "--moved", "lower.doc"), "cannot be written"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_read(
    oral_architect: Run,
    tmp_path: Path,
    options: tuple[str, ...],
    says: str,
) -> None:
    for name in ("there.ply", "other.ply"):
        (tmp_path / name).write_bytes(b"")
    given = [tmp_path / o if o.endswith(("ply", "doc")) else o for o in options]
    result = oral_architect("articulate", *given)
    assert result.exit_code == 2
    assert says in result.output


def test_a_scan_without_teeth_is_refused_with_what_to_do(oral_architect: Run, tmp_path: Path) -> None:
    ball = trimesh.creation.icosphere(subdivisions=4, radius=20)
    for name in ("a.stl", "b.stl"):
        ball.export(tmp_path / name)
    result = oral_architect("articulate", tmp_path / "a.stl", tmp_path / "b.stl", "--json")
    assert result.exit_code == 2
    told = json.loads(result.stdout)
    assert told["error"] == "NotAnArchError"
    assert told["todo"]
