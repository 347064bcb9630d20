"""Voxels hold the volume of the body they were made from."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st

from oral_architect.errors import StageError
from oral_architect.geometry import Mesh, concatenate
from oral_architect.geometry.surface_points import surface_points
from oral_architect.geometry.voxels import VoxelGrid, body_fractions, grid_around, shell_fractions


def box(low, high) -> Mesh:
    return Mesh.from_trimesh(trimesh.creation.box(bounds=[low, high]))


def ball(radius=2.0, at=(0.0, 0.0, 0.0)) -> Mesh:
    mesh = trimesh.creation.icosphere(subdivisions=4, radius=radius)
    return Mesh(mesh.vertices + np.asarray(at), mesh.faces)


def volume(body: Mesh, step: float, samples: int = 3) -> float:
    grid = grid_around(body.vertices, step)
    return float(body_fractions(body, grid, samples=samples).sum() * step**3)


@settings(max_examples=25, deadline=None)
@given(
    at=st.tuples(*[st.floats(-3, 3)] * 3),
    size=st.tuples(*[st.integers(1, 12)] * 3),
)
def test_a_box_on_the_grid_is_measured_exactly(at, size):
    step = 0.2
    low = np.round(np.asarray(at) / step) * step - step / 2  # voxel faces
    assert volume(box(low, low + np.asarray(size) * step), step) == pytest.approx(np.prod(size) * step**3, rel=1e-6)


@settings(max_examples=25, deadline=None)
@given(at=st.tuples(*[st.floats(-1, 1)] * 3), radius=st.floats(0.8, 3))
def test_a_ball_anywhere_is_measured_to_half_a_percent(at, radius):
    body = ball(radius, at)
    assert volume(body, 0.2) == pytest.approx(body.volume_mm3, rel=5e-3)


def test_a_turned_body_keeps_its_volume():
    turn = trimesh.transformations.rotation_matrix(0.7, [1, 2, 3])
    body = box((-1, -1, -1), (1, 2, 3)).transformed(turn)
    assert volume(body, 0.1) == pytest.approx(24.0, rel=1e-3)


def test_fractions_lie_where_the_body_is():
    body = box((0, 0, 0), (1, 1, 1))
    grid = VoxelGrid((-0.25, -0.25, -0.25), 0.5, (5, 5, 5))
    fractions = body_fractions(body, grid)
    assert fractions[1:3, 1:3, 1:3] == pytest.approx(1.0)
    assert fractions.sum() == pytest.approx(8.0)


def test_overlapping_parts_count_once():
    both = concatenate([box((0, 0, 0), (2, 2, 2)), box((1, 0, 0), (3, 2, 2))])
    assert volume(both, 0.25) == pytest.approx(12.0, rel=1e-6)


def test_a_hollow_body_is_hollow():
    inner = box((1, 1, 1), (2, 2, 2))
    hollow = concatenate([box((0, 0, 0), (3, 3, 3)), Mesh(inner.vertices, inner.faces[:, ::-1])])
    assert volume(hollow, 0.25) == pytest.approx(26.0, rel=1e-6)


def test_an_open_body_is_refused():
    body = box((0, 0, 0), (1, 1, 1))
    with pytest.raises(StageError, match="not closed"):
        volume(Mesh(body.vertices, body.faces[:-1]), 0.2)


def test_a_body_inside_out_is_refused():
    body = box((0, 0, 0), (1, 1, 1))
    with pytest.raises(StageError, match="inside out"):
        volume(Mesh(body.vertices, body.faces[:, ::-1]), 0.2)


def test_an_open_shell_goes_on_down_to_the_floor():
    body = box((0, 0, 0), (2, 2, 2))
    bottom = (body.vertices[body.faces][:, :, 2] == 0).all(axis=1)
    shell = Mesh(body.vertices, body.faces[~bottom])
    grid = VoxelGrid((-0.75, -0.75, -1.75), 0.5, (8, 8, 9))
    filled = shell_fractions(shell, grid)
    assert filled.sum() * 0.125 == pytest.approx(2 * 2 * 4.0)  # 2 mm of box, 2 mm of floor below it


def test_voxel_of_a_centre_is_that_voxel():
    grid = VoxelGrid((0.3, -1.0, 2.0), 0.1, (50, 50, 50))
    voxels = np.random.default_rng(0).integers(0, 50, (100, 3))
    assert (grid.voxel_of(grid.centres(voxels)) == voxels).all()


def test_surface_points_are_dense_and_on_the_surface():
    body = ball(2.0)
    points, normals = surface_points(body, 0.05)
    assert np.linalg.norm(points, axis=1) == pytest.approx(2.0, abs=0.01)
    assert (np.einsum("ij,ij->i", points, normals) > 0).all()
    assert len(points) > body.area_mm2 / 0.05**2 / 2
