"""Rays tell how far and on which face they land, and say so when they miss."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from oral_architect.geometry import Mesh
from oral_architect.geometry.rays import Target

STEPS = Mesh(
    np.array([[0, 0, 0], [4, 0, 0], [0, 4, 0], [0, 0, 3], [4, 0, 3], [0, 4, 3]], dtype=float),
    np.array([[0, 1, 2], [3, 4, 5]]),
)
"""Two triangles one above the other, at heights 0 and 3 mm."""
TARGET = Target(STEPS)


@settings(max_examples=50, deadline=None)
@given(x=st.floats(0.1, 1.8), y=st.floats(0.1, 1.8), height=st.floats(4, 50))
def test_the_first_face_is_the_one_that_is_hit(x: float, y: float, height: float) -> None:
    distance, face = TARGET.first_hit(np.array([[x, y, height], [x, y, 1.0]]), np.array([[0, 0, -1.0]] * 2))
    np.testing.assert_allclose(distance, [height - 3, 1.0], rtol=1e-5)
    assert face.tolist() == [1, 0]


def test_a_miss_is_infinite_and_has_no_face() -> None:
    origins = np.array([[9.0, 9, 5], [1, 1, 5]])
    distance, face = TARGET.first_hit(origins, np.array([[0, 0, -1.0], [0, 0, 1.0]]))
    assert np.isinf(distance).all()
    assert face.tolist() == [-1, -1]


def test_both_sides_of_a_face_stop_a_ray() -> None:
    distance, face = TARGET.first_hit(np.array([[1.0, 1, -2]]), np.array([[0, 0, 1.0]]))
    np.testing.assert_allclose(distance, [2.0], rtol=1e-6)
    assert face.tolist() == [0]
