import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st

from oral_architect.errors import StageError
from oral_architect.geometry import Mesh
from oral_architect.geometry.closest import Surface
from oral_architect.geometry.registration import from_pairs, icp, rotation_from_vector

small = st.floats(-3, 3, allow_nan=False)


@settings(max_examples=50, deadline=None)
@given(small, small, small, st.floats(0.2, 5))
def test_paired_points_give_back_turn_shift_and_scale(a, b, c, scale):
    points = np.random.default_rng(0).normal(size=(20, 3))
    turn, shift = rotation_from_vector(np.array([a, b, c])), np.array([c, a, b])
    found = from_pairs(points, scale * points @ turn.T + shift, with_scale=True)
    assert np.allclose(found[:3, :3], scale * turn, atol=1e-8)
    assert np.allclose(found[:3, 3], shift, atol=1e-8)


def test_a_mirror_image_is_never_given():
    points = np.random.default_rng(0).normal(size=(20, 3))
    found = from_pairs(points, points * [-1, 1, 1])
    assert np.linalg.det(found[:3, :3]) == pytest.approx(1.0)


def test_closest_points_bring_a_moved_shape_home():
    shape = trimesh.creation.box((2, 4, 6)).subdivide().subdivide()
    target = Surface(Mesh.from_trimesh(shape))
    turn = rotation_from_vector(np.array([0.1, -0.08, 0.12]))
    moved = shape.vertices @ turn.T + [0.2, -0.1, 0.15]
    matrix, rms_mm = icp(moved, target)
    home = moved @ matrix[:3, :3].T + matrix[:3, 3]
    assert rms_mm < 1e-3
    assert np.abs(home - shape.vertices).max() < 1e-2


def test_too_few_points_are_refused():
    with pytest.raises(StageError, match="three"):
        from_pairs(np.zeros((2, 3)), np.zeros((2, 3)))
