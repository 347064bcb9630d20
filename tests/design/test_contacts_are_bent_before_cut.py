import numpy as np
import pytest
import trimesh

from oral_architect.design.contact import adapt, opposite, proximal_row
from oral_architect.design.form import Form
from oral_architect.geometry import Mesh


def ball(centre, radius=4.0):
    sphere = trimesh.creation.icosphere(4, radius=radius)
    return Mesh(sphere.vertices + centre, sphere.faces)


@pytest.mark.parametrize("gap_mm", [-0.4, -0.1, 0.05, 0.15])
def test_a_new_surface_touches_its_neighbour_as_designed(gap_mm):
    form = Form(ball([0.0, 0, 0]), np.ones(2562))
    neighbour = opposite(1, ball([8.0 + gap_mm, 0, 0]))
    bent, notes = adapt(form, [neighbour], None, 0.2)
    overlap_um = -1000 * neighbour.gap_mm(bent.mesh.vertices).min()
    assert overlap_um == pytest.approx(proximal_row().need("value"), abs=10)
    assert any("Contact with 1" in n for n in notes)


def test_a_wide_space_is_left_open():
    form = Form(ball([0.0, 0, 0]), np.ones(2562))
    bent, notes = adapt(form, [opposite(1, ball([8.6, 0, 0]))], None, 0.2)
    assert np.array_equal(bent.mesh.vertices, form.mesh.vertices)
    assert notes == []


def test_the_antagonist_is_cleared_and_sound_surface_stays():
    mesh = ball([0.0, 0, 0])
    form = Form(mesh, (mesh.vertices[:, 0] > 0).astype(float))
    other = opposite(0, ball([7.5, 0, 0]))
    bent, _ = adapt(form, [], other, 0.2)
    assert other.gap_mm(bent.mesh.vertices).min() > -0.005
    assert np.array_equal(bent.mesh.vertices[form.new == 0], mesh.vertices[form.new == 0])
