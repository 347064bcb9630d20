"""Every unusable file is refused with what is wrong, where, and what to do."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
import trimesh
from PIL import Image
from scipy.spatial.transform import Rotation

from oral_architect.errors import NotAnArchError, ScanError
from oral_architect.geometry import Mesh
from oral_architect.scan import ScanSettings, run
from oral_architect.scan.formats import open_file

from .shapes import arch, sheet, skull, solid
from .writers import stl_ascii, stl_binary, stl_bytes, threemf

ARCH = arch(1.4)


def refusal(path: Path) -> ScanError:
    with pytest.raises(ScanError) as caught:
        run(path)
    assert caught.value.where
    assert caught.value.todo
    return caught.value


def test_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "empty.stl"
    path.touch()
    assert refusal(path).what == "the file is empty"


def test_a_missing_file(tmp_path: Path) -> None:
    assert refusal(tmp_path / "no.stl").what == "there is no such file"


def test_a_folder(tmp_path: Path) -> None:
    assert "folder" in refusal(tmp_path).what


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secret.stl"
    stl_binary(path, ARCH)
    path.chmod(0)
    if os.access(path, os.R_OK):  # the superuser may read everything

        def deny(_: Path) -> bytes:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "read_bytes", deny)
    assert refusal(path).what == "the file may not be read"


@pytest.mark.parametrize("share", [0.1, 0.5, 0.999])
def test_a_binary_stl_that_is_cut_off_says_what_was_promised(share: float, tmp_path: Path) -> None:
    data = stl_bytes(ARCH)
    cut = data[: int(len(data) * share)]
    path = tmp_path / "cut.stl"
    path.write_bytes(cut)
    assert f"it promises {len(ARCH.faces)} triangles and holds {(len(cut) - 84) // 50}" in refusal(path).what


def test_an_ascii_stl_that_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "cut.stl"
    stl_ascii(path, ARCH)
    text = path.read_bytes()
    path.write_bytes(text[: text.rfind(b"vertex") - 3])
    assert "the file is cut off" in refusal(path).what


@pytest.mark.parametrize("name", ["letter.stl", "letter.ply", "letter.obj", "letter.off", "letter.vtp", "letter.txt"])
def test_text_that_is_not_a_mesh(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text("Dear colleague,\nplease find the scan enclosed.\n" * 50)
    error = refusal(path)
    assert error.what == "this is not a surface in a format this program reads"
    assert "STL" in error.todo


def test_an_image_called_stl(tmp_path: Path) -> None:
    path = tmp_path / "scan.stl"
    Image.new("RGB", (64, 64)).save(path, "PNG")
    assert "a PNG image" in refusal(path).what


def test_an_archive_called_stl(tmp_path: Path) -> None:
    path = tmp_path / "scan.stl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("scan.txt", "text")
    assert "a ZIP archive" in refusal(path).what


def test_an_archive_that_unpacks_to_everything(tmp_path: Path) -> None:
    path = tmp_path / "bomb.3mf"
    threemf(path, ARCH)
    data = bytearray(path.read_bytes())
    at = data.rfind(b"PK\x01\x02")
    data[at + 24 : at + 28] = (0xFFFFFFF0).to_bytes(4, "little")
    path.write_bytes(data)
    assert "would unpack to 4 GB" in refusal(path).what


def test_one_triangle(tmp_path: Path) -> None:
    path = tmp_path / "one.stl"
    stl_binary(path, Mesh(np.eye(3) * 30, np.array([[0, 1, 2]], dtype=np.int32)))
    assert "the surface has 1 usable faces" in refusal(path).what


def test_coordinates_that_are_all_nan(tmp_path: Path) -> None:
    path = tmp_path / "nan.stl"
    stl_binary(path, Mesh(np.full_like(ARCH.vertices, np.nan), ARCH.faces))
    assert "no vertex of the surface has finite coordinates" in refusal(path).what


def test_coordinates_that_are_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "point.stl"
    stl_binary(path, Mesh(np.ones_like(ARCH.vertices), ARCH.faces))
    assert "all the same point" in refusal(path).what


def test_a_point_cloud(tmp_path: Path) -> None:
    path = tmp_path / "points.ply"
    path.write_text("ply\nformat ascii 1.0\nelement vertex 1\n" + "".join(f"property float {a}\n" for a in "xyz")
                    + "end_header\n1 2 3\n")  # fmt: skip
    assert "point cloud" in refusal(path).what


def test_a_surface_of_too_few_faces(tmp_path: Path) -> None:
    path = tmp_path / "coarse.stl"
    stl_binary(path, Mesh.from_trimesh(trimesh.creation.icosphere(1, 30)))
    assert "at least 300 are needed" in refusal(path).what


NO_MOUTH = {
    "flat sheet": (sheet(), "nearly flat"),
    "cube": (solid(trimesh.creation.box((30, 30, 30))), "six flat sides"),
    "box as large as an arch": (solid(trimesh.creation.box((65, 50, 20))), "six flat sides"),
    "telephone": (solid(trimesh.creation.box((150, 75, 8))), "it measures"),
    "ball": (solid(trimesh.creation.icosphere(4, 20)), "smooth"),
    "bean as large as an arch": (
        solid(trimesh.creation.icosphere(4, 30).apply_scale((1.1, 0.85, 0.35))),
        "smooth",
    ),
    "human skull": (skull(190), "it measures"),
    "cat's skull": (skull(80), "smooth|closed|high|measures"),
}


@pytest.mark.parametrize("thing", NO_MOUTH)
@pytest.mark.parametrize("seed", [1, 2])
def test_what_is_no_mouth(thing: str, seed: int, tmp_path: Path) -> None:
    mesh, reason = NO_MOUTH[thing]
    turn = np.eye(4)
    turn[:3, :3] = Rotation.random(rng=np.random.default_rng(seed)).as_matrix()
    path = tmp_path / "thing.stl"
    stl_binary(path, mesh.transformed(turn))
    with pytest.raises(NotAnArchError, match="this does not look like a dental arch") as caught:
        run(path)
    assert caught.match(reason)


@pytest.mark.parametrize("thing", ["cube", "ball", "cat's skull"])
def test_what_is_no_mouth_is_refused_however_rough(thing: str, tmp_path: Path) -> None:
    """A closed body stays one when it is noisy; noise is no teeth."""
    mesh, _ = NO_MOUTH[thing]
    rng = np.random.default_rng(0)
    path = tmp_path / "rough.stl"
    noisy = mesh.vertices + rng.normal(size=mesh.vertices.shape) * 0.25
    stl_binary(path, Mesh(noisy * (60 / np.ptp(mesh.vertices, axis=0).max()), mesh.faces))
    with pytest.raises(NotAnArchError):
        run(path)


@pytest.mark.parametrize("cut", ["full", "half", "quadrant"])
def test_a_mouth_is_not_refused(cut: str, tmp_path: Path) -> None:
    fine = arch(0.8)
    centres = fine.vertices[fine.faces].mean(axis=1)
    least = {"full": -100.0, "half": 0.0, "quadrant": 12.0}[cut]
    path = tmp_path / "mouth.stl"
    stl_binary(path, fine.part(centres[:, 0] > least)[0])
    assert run(path).unit == "mm"


def test_the_gate_can_be_opened(tmp_path: Path) -> None:
    path = tmp_path / "ball.stl"
    stl_binary(path, NO_MOUTH["ball"][0])
    assert run(path, ScanSettings(check_plausible=False)).quality.components == 1


def test_a_file_too_large_for_memory_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "huge.stl"
    with path.open("wb") as file:
        file.truncate(4 << 30)  # sparse: takes no space
    with pytest.raises(ScanError, match=r"4\.0 GB"):
        open_file(path)
