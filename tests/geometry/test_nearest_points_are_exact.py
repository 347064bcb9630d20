import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st

from oral_architect.errors import StageError
from oral_architect.geometry import Mesh
from oral_architect.geometry.closest import Surface

BOX = Surface(Mesh.from_trimesh(trimesh.creation.box((2, 4, 6))))
HALF = np.array([1.0, 2.0, 3.0])
coordinate = st.floats(-8, 8, allow_nan=False)


@settings(max_examples=100, deadline=None)
@given(coordinate, coordinate, coordinate)
def test_signed_distance_to_a_box_is_the_known_one(x, y, z):
    beyond = np.abs([x, y, z]) - HALF
    known = np.linalg.norm(np.maximum(beyond, 0)) + min(beyond.max(), 0.0)
    assert BOX.signed_distance_mm(np.array([[x, y, z]]))[0] == pytest.approx(known, abs=1e-9)


def test_nearest_point_is_no_farther_than_any_other_of_the_surface():
    rng = np.random.default_rng(1)
    sphere = trimesh.creation.icosphere(3)
    crumpled = Mesh(sphere.vertices * (1 + 0.2 * rng.normal(size=(len(sphere.vertices), 1))), sphere.faces)
    points = rng.normal(size=(60, 3))
    near = Surface(crumpled).nearest(points)
    corners = crumpled.vertices[crumpled.faces]
    weights = rng.dirichlet(np.ones(3), size=40)
    spread = np.einsum("wk,fkd->fwd", weights, corners).reshape(-1, 3)
    others = np.linalg.norm(points[:, None] - spread[None], axis=2).min(axis=1)
    assert (near.distance_mm <= others + 1e-12).all()
    on = np.einsum("nk,nkd->nd", near.weights, corners[near.faces])
    assert np.allclose(on, near.points)


def test_needles_and_points_are_triangles_too():
    flat = Mesh(np.array([[0.0, 0, 0], [1, 0, 0], [1, 0, 0], [0, 0, 0]]), np.array([[0, 1, 2], [0, 3, 0]]))
    assert Surface(flat).nearest(np.array([[0.5, 2.0, 0.0]])).distance_mm[0] == pytest.approx(2.0)


def test_a_surface_without_faces_is_refused():
    with pytest.raises(StageError, match="without faces"):
        Surface(Mesh(np.zeros((3, 3)), np.zeros((0, 3), dtype=int)))
