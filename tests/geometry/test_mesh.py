"""The mesh every room shares: areas, normals, edges, motion, parts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oral_architect.geometry import Mesh, concatenate
from oral_architect.geometry.registration import rotation_from_vector

CUBE = Mesh(
    np.array([[x, y, z] for x in (0, 2) for y in (0, 2) for z in (0, 2)], dtype=float),
    np.array(
        [[0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1],
         [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3]]
    ),
)  # fmt: skip
vectors = st.tuples(*[st.floats(-3, 3)] * 3).map(np.array)


def motion(turn: np.ndarray, shift: np.ndarray) -> np.ndarray:
    matrix = np.eye(4)
    matrix[:3, :3] = rotation_from_vector(turn)
    matrix[:3, 3] = shift
    return matrix


def test_a_cube_is_closed_and_measured_right() -> None:
    assert CUBE.is_watertight
    assert CUBE.area_mm2 == pytest.approx(24)
    assert CUBE.volume_mm3 == pytest.approx(8)
    assert len(CUBE.open_edges) == 0
    edges, count = CUBE.edge_table
    assert (len(edges), set(count.tolist())) == (18, {2})


@settings(max_examples=30, deadline=None)
@given(turn=vectors, shift=vectors, mirrored=st.booleans())
def test_motion_keeps_area_and_volume_even_in_the_mirror(turn: np.ndarray, shift: np.ndarray, mirrored: bool) -> None:
    matrix = motion(turn, shift) @ np.diag([-1.0 if mirrored else 1.0, 1, 1, 1])
    moved = CUBE.transformed(matrix)
    assert moved.area_mm2 == pytest.approx(24)
    assert moved.volume_mm3 == pytest.approx(8), "faces still look outwards"
    back = moved.transformed(np.linalg.inv(matrix))
    np.testing.assert_allclose(back.vertices, CUBE.vertices, atol=1e-9)


def test_normals_point_outwards_and_are_unit_or_zero() -> None:
    centre = CUBE.vertices.mean(0)
    faces = CUBE.vertices[CUBE.faces].mean(1)
    assert ((faces - centre) * CUBE.face_normals).sum(1).min() > 0.9
    assert ((CUBE.vertices - centre) * CUBE.vertex_normals).sum(1).min() > 0
    np.testing.assert_allclose(np.linalg.norm(CUBE.vertex_normals, axis=1), 1)
    flat = Mesh(np.array([[0, 0, 0], [1, 0, 0], [2, 0, 0], [5, 5, 5]], dtype=float), np.array([[0, 1, 2]]))
    assert (flat.face_normals == 0).all()
    assert (flat.vertex_normals == 0).all(), "no direction is made up for degenerate faces and unused vertices"


def test_open_edges_run_as_their_face_does() -> None:
    opened = Mesh(CUBE.vertices, CUBE.faces[2:])
    assert not opened.is_watertight
    expected = {(0, 1), (1, 3), (3, 2), (2, 0)}
    found = {tuple(edge) for edge in opened.open_edges.tolist()}
    assert found == {(b, a) for a, b in expected}, "against the direction of the face that is gone"


def test_a_part_knows_where_its_vertices_came_from() -> None:
    mask = np.zeros(12, dtype=bool)
    mask[[2, 3]] = True
    part, used = CUBE.part(mask)
    np.testing.assert_array_equal(part.vertices, CUBE.vertices[used])
    np.testing.assert_array_equal(used[part.faces], CUBE.faces[mask])
    assert len(part.vertices) == 4


def test_meshes_side_by_side_keep_their_order() -> None:
    far = CUBE.transformed(motion(np.zeros(3), np.array([10.0, 0, 0])))
    both = concatenate([CUBE, far])
    assert both.volume_mm3 == pytest.approx(16)
    assert both.is_watertight
    np.testing.assert_array_equal(both.vertices[8:], far.vertices)
    np.testing.assert_array_equal(both.faces[12:], CUBE.faces + 8)


def test_an_empty_mesh_has_no_area_and_is_not_closed() -> None:
    empty = Mesh(np.zeros((0, 3)), np.zeros((0, 3), dtype=np.int32))
    assert (empty.area_mm2, empty.is_watertight, len(empty.open_edges)) == (0.0, False, 0)


def test_trimesh_gets_and_gives_the_same_surface() -> None:
    there = CUBE.to_trimesh()
    assert there.is_winding_consistent
    back = Mesh.from_trimesh(there)
    np.testing.assert_array_equal(back.vertices, CUBE.vertices)
    np.testing.assert_array_equal(back.faces, CUBE.faces)
