from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from oral_architect.errors import InputError
from oral_architect.geometry import Mesh
from oral_architect.geometry.ply import from_ply, read_ply, to_ply, write_ply

from .sample_documents import TETRAHEDRON

TYPES = [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.float32, np.float64]


@settings(max_examples=50, deadline=None)
@given(arrays(np.float64, st.tuples(st.integers(1, 20), st.just(3))), st.data())
def test_coordinates_come_back_bit_for_bit(vertices: Any, data: st.DataObject) -> None:
    faces = data.draw(arrays(np.int32, (5, 3), elements=st.integers(0, len(vertices) - 1)))
    back = from_ply(to_ply(Mesh(vertices, faces))).mesh
    assert back.vertices.tobytes() == vertices.tobytes()
    assert (back.faces == faces).all()


@pytest.mark.parametrize("kind", TYPES)
def test_properties_come_back_with_their_type(kind: Any) -> None:
    vertex, face = np.arange(4).astype(kind), (np.arange(4) * 3).astype(kind)
    back = from_ply(to_ply(TETRAHEDRON, vertex={"a": vertex}, face={"fdi": face, "b": vertex}))
    assert list(back.face) == ["fdi", "b"]
    for given_, found in ((vertex, back.vertex["a"]), (face, back.face["fdi"])):
        assert found.dtype == given_.dtype
        np.testing.assert_array_equal(found, given_)


def test_a_mask_is_written_as_zero_and_one() -> None:
    back = from_ply(to_ply(TETRAHEDRON, vertex={"seen": np.array([True, False, True, True])}))
    assert back.vertex["seen"].tolist() == [1, 0, 1, 1]


def test_another_program_reads_the_same_surface(tmp_path: Path) -> None:
    path = tmp_path / "kürzel 1.ply"
    write_ply(path, TETRAHEDRON, vertex={"label": np.arange(4, dtype=np.int16)})
    other = trimesh.load_mesh(path, process=False)
    np.testing.assert_array_equal(other.vertices, TETRAHEDRON.vertices)
    np.testing.assert_array_equal(other.faces, TETRAHEDRON.faces)


def test_a_file_of_another_program_is_read(tmp_path: Path) -> None:
    path = tmp_path / "other.ply"
    path.write_bytes(TETRAHEDRON.to_trimesh().export(file_type="ply", encoding="binary"))
    np.testing.assert_allclose(read_ply(path).mesh.vertices, TETRAHEDRON.vertices, atol=1e-6)


def test_the_same_mesh_gives_the_same_bytes() -> None:
    copy = Mesh(TETRAHEDRON.vertices.copy(), TETRAHEDRON.faces.astype(np.int64))
    assert to_ply(copy) == to_ply(TETRAHEDRON)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"a": np.zeros(3)}, "shape"),
        ({"a": np.zeros(4, np.int64)}, "32 bits"),
        ({"a": np.zeros(4, complex)}, "32 bits"),
        ({"two words": np.zeros(4)}, "name"),
        ({"x": np.zeros(4)}, "name"),
    ],
)
def test_a_property_ply_cannot_hold_is_refused(columns: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        to_ply(TETRAHEDRON, vertex=columns)


GOOD = to_ply(TETRAHEDRON)
LAST_CORNER = len(GOOD) - 4


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not a PLY"),
        (b"solid x\n", "not a PLY"),
        (GOOD[:60], "not a PLY"),
        (GOOD[:-1], "cut short"),
        (GOOD.replace(b"binary_little_endian", b"ascii"), "form 'ascii'"),
        (GOOD.replace(b"property double x", b"property apple x"), "header"),
        (GOOD.replace(b"vertex 4", b"vertex -4"), "header"),
        (GOOD.replace(b"vertex 4", b"vertex four"), "header"),
        (GOOD.replace(b"property double x\n", b"property double u\n"), "no surface"),
        (GOOD[:LAST_CORNER] + b"\x63\0\0\0", "not there"),
        (GOOD[:-13] + b"\x04" + GOOD[-12:], "not triangles"),
        (b"ply\nformat binary_little_endian 1.0\nend_header\n", "no surface"),
    ],
)
def test_what_is_not_such_a_file_is_refused_in_words(content: bytes, said: str) -> None:
    with pytest.raises(InputError, match=said) as raised:
        from_ply(content, where="x.ply")
    assert raised.value.where == "x.ply"


@settings(max_examples=100, deadline=None)
@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255))
def test_one_wrong_byte_gives_a_mesh_or_a_refusal_and_nothing_else(at: int, byte: int) -> None:
    content = GOOD[:at] + bytes([byte]) + GOOD[at + 1 :]
    with contextlib.suppress(InputError):
        mesh = from_ply(content).mesh
        assert mesh.faces.max(initial=0) < len(mesh.vertices)


def test_a_large_scan_is_written_and_read_within_a_second() -> None:
    vertices = np.random.default_rng(0).normal(size=(200_000, 3))
    faces = np.random.default_rng(1).integers(0, len(vertices), (400_000, 3))
    begun = time.process_time()
    from_ply(to_ply(Mesh(vertices, faces)))
    assert time.process_time() - begun < 1.0
