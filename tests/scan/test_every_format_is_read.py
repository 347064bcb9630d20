"""Each format, in each dialect, gives the vertices of the file in the order of the file."""

from __future__ import annotations

import json
import struct
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from oral_architect.errors import ScanError
from oral_architect.geometry import Mesh
from oral_architect.scan import run
from oral_architect.scan.formats import FORMATS, detect, open_file
from oral_architect.scan.raw import RawSurface

from .shapes import arch
from .writers import SOUPS, WRITERS, dicom, glb, ply_binary, stl_binary, threemf, vtp_bytes

ARCH = arch(1.4)
IN_METRES = ("glb",)


def read(path: Path) -> RawSurface:
    source = open_file(path)
    return detect(source).read(source)


def meshes() -> st.SearchStrategy[Mesh]:
    """Small surfaces with any float32 coordinates and any corners."""
    coordinates = st.floats(-1e3, 1e3, width=32, allow_nan=False).map(lambda x: 0.0 if abs(x) < 1e-3 else x)
    points = hnp.arrays(np.float64, st.tuples(st.integers(3, 12), st.just(3)), elements=coordinates)
    return points.flatmap(
        lambda p: hnp.arrays(
            np.int32, st.tuples(st.integers(1, 9), st.just(3)), elements=st.integers(0, len(p) - 1)
        ).map(lambda f: Mesh(p, f))
    )


@pytest.mark.parametrize("dialect", WRITERS)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mesh=meshes())
def test_vertices_come_back_in_the_order_of_the_file(dialect: str, mesh: Mesh) -> None:
    if dialect == "3mf":  # the format itself forbids faces with a corner twice, and empty coordinates
        f = mesh.faces
        mesh = Mesh(mesh.vertices, f[(f[:, 0] != f[:, 1]) & (f[:, 1] != f[:, 2]) & (f[:, 2] != f[:, 0])])
        if len(mesh.faces) == 0:
            return
    extension, write = WRITERS[dialect]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"scan{extension}"
        write(path, mesh)
        raw = read(path)
    scale = 1000 if dialect in IN_METRES else 1
    expected = mesh.vertices[mesh.faces].reshape(-1, 3) if dialect.startswith(SOUPS) else mesh.vertices
    np.testing.assert_allclose(raw.vertices * scale, expected, rtol=3e-7, atol=1e-6)
    np.testing.assert_allclose(raw.vertices[raw.faces] * scale, mesh.vertices[mesh.faces], rtol=3e-7, atol=1e-6)


@pytest.mark.parametrize("dialect", WRITERS)
def test_an_arch_is_read_from_any_path(dialect: str, tmp_path: Path) -> None:
    extension, write = WRITERS[dialect]
    folder = tmp_path / "Zähne oben – Müller"
    folder.mkdir()
    path = folder / f"Oberkiefer 1. Aufnahme{extension}"
    write(path, ARCH)
    scan = run(path)
    assert scan.name == "Oberkiefer 1. Aufnahme"
    assert scan.format == next(m.NAME for m in FORMATS if extension in m.EXTENSIONS)
    assert len(scan.surface.faces) == len(ARCH.faces)
    carrier = scan.arrays["input_vertex"]
    expected = ARCH.vertices[ARCH.faces].reshape(-1, 3) if dialect.startswith(SOUPS) else ARCH.vertices
    np.testing.assert_allclose(scan.surface.vertices[carrier], expected, atol=2e-5)


@pytest.mark.parametrize("extension", [".ply", ".obj", ".txt", ""])
def test_a_wrong_extension_is_said_and_does_not_matter(extension: str, tmp_path: Path) -> None:
    path = tmp_path / f"scan{extension}"
    stl_binary(path, ARCH)
    scan = run(path)
    assert scan.format == "STL"
    assert any("the file is STL, though its name" in warning for warning in scan.warnings)


SQUARE = "0 0 0\n1 0 0\n1 1 0\n0 1 0\n2 0 0\n"
POLYGONS = {
    ".obj": "".join(f"v {p}\n" for p in SQUARE.splitlines()) + "vt 0 0\nf 1/1 2/1 \\\n3/1 4/1\nf 2 5 3\n",
    ".off": f"OFF\n5 2 0\n{SQUARE}4 0 1 2 3\n3 1 4 2\n",
    ".ply": "ply\nformat ascii 1.0\nelement vertex 5\nproperty float x\nproperty float y\nproperty float z\n"
    f"element face 2\nproperty list uchar int vertex_indices\nend_header\n{SQUARE}4 0 1 2 3\n3 1 4 2\n",
}


@pytest.mark.parametrize("extension", POLYGONS)
def test_polygons_are_cut_into_triangles_in_place(extension: str, tmp_path: Path) -> None:
    path = tmp_path / f"polygons{extension}"
    path.write_text(POLYGONS[extension])
    assert read(path).faces.tolist() == [[0, 1, 2], [0, 2, 3], [1, 4, 2]]


@pytest.mark.parametrize("order", ["<", ">"])
def test_binary_polygons_of_mixed_size_are_read(order: str, tmp_path: Path) -> None:
    name = {"<": "little", ">": "big"}[order]
    header = (
        f"ply\nformat binary_{name}_endian 1.0\nelement vertex 5\nproperty double x\nproperty double y\n"
        "property double z\nelement face 2\nproperty uchar fdi\nproperty list ushort uint vertex_indices\nend_header\n"
    )
    body = struct.pack(f"{order}15d", *map(float, SQUARE.split()))
    body += struct.pack(f"{order}BH4I", 11, 4, 0, 1, 2, 3) + struct.pack(f"{order}BH3I", 11, 3, 1, 4, 2)
    path = tmp_path / "polygons.ply"
    path.write_bytes(header.encode() + body)
    raw = read(path)
    assert raw.faces.tolist() == [[0, 1, 2], [0, 2, 3], [1, 4, 2]]
    assert raw.vertices.reshape(-1).tolist() == [float(x) for x in SQUARE.split()]


def test_negative_obj_indices_count_from_the_vertices_so_far(tmp_path: Path) -> None:
    path = tmp_path / "relative.obj"
    path.write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nf -3 -2 -1\nv 5 0 0\nv 6 0 0\nv 5 1 0\nf -3 -2 -1\n")
    assert read(path).faces.tolist() == [[0, 1, 2], [3, 4, 5]]


def test_glb_nodes_place_their_meshes(tmp_path: Path) -> None:
    path = tmp_path / "placed.glb"
    glb(path, ARCH)
    data = path.read_bytes()
    length = struct.unpack("<I", data[12:16])[0]
    tree = json.loads(data[20 : 20 + length])
    tree["nodes"] = [
        {"children": [1], "translation": [1, 0, 0]},
        {"mesh": 0, "rotation": [0, 0, np.sqrt(0.5), np.sqrt(0.5)], "scale": [2, 2, -2]},
    ]
    tree["scenes"], tree["scene"] = [{"nodes": [0]}], 0
    text = json.dumps(tree).encode()
    text += b" " * (-len(text) % 4)
    rest = data[20 + length :]
    path.write_bytes(b"glTF" + struct.pack("<III", 2, 20 + len(text) + len(rest), len(text)) + b"JSON" + text + rest)
    raw = read(path)
    x, y, z = (ARCH.vertices / 1000).T
    np.testing.assert_allclose(raw.vertices, np.stack([1 - 2 * y, 2 * x, -2 * z], axis=1), atol=1e-6)
    assert raw.faces.tolist() == ARCH.faces[:, ::-1].tolist()


@pytest.mark.parametrize(("unit", "scale"), [("MicroMeter", 1e-3), ("Inch", 25.4), ("Meter", 1e3), ("Foot", 304.8)])
def test_the_unit_of_a_3mf_file_is_honoured(unit: str, scale: float, tmp_path: Path) -> None:
    path = tmp_path / "scan.3mf"
    threemf(path, Mesh(ARCH.vertices / scale, ARCH.faces), unit)
    scan = run(path)
    assert scan.unit_reason == "the 3MF file declares it"
    np.testing.assert_allclose(scan.surface.vertices, ARCH.vertices, atol=2e-2)


@pytest.mark.parametrize(("code", "scale"), [("mm", 1), ("um", 1e-3), ("cm", 10), ("m", 1e3), ("[in_i]", 25.4)])
def test_the_unit_of_a_dicom_file_is_honoured(code: str, scale: float, tmp_path: Path) -> None:
    path = tmp_path / "scan.dcm"
    dicom(path, Mesh(ARCH.vertices / scale, ARCH.faces), code)
    scan = run(path)
    assert scan.unit_reason == "the DICOM header declares it"
    np.testing.assert_allclose(np.ptp(scan.surface.vertices, axis=0), np.ptp(ARCH.vertices, axis=0), atol=1e-3)


def test_a_dicom_image_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "image.dcm"
    dicom(path, ARCH)
    data = path.read_bytes().replace(b"1.2.840.10008.5.1.4.1.1.104.3", b"1.2.840.10008.5.1.4.1.1.2\0\0\0\0")
    path.write_bytes(data)
    with pytest.raises(ScanError, match="CT Image Storage"):
        run(path)


def test_an_entity_bomb_in_a_vtp_file_is_refused(tmp_path: Path) -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE VTKFile [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
    path = tmp_path / "bomb.vtp"
    path.write_bytes(bomb + vtp_bytes(ARCH, "ascii").split(b"?>", 1)[1].replace(b"</VTKFile>", b"&b;</VTKFile>"))
    with pytest.raises(ScanError, match="document type"):
        run(path)


def test_a_promise_of_four_billion_rows_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "forged.ply"
    ply_binary("<")(path, ARCH)
    count = f"element vertex {len(ARCH.vertices)}".encode()
    path.write_bytes(path.read_bytes().replace(count, b"element vertex 4000000000"))
    with pytest.raises(ScanError, match="promises 4000000000"):
        run(path)
