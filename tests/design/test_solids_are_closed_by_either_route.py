import numpy as np
import pytest
import trimesh

from oral_architect.design import solid
from oral_architect.design.solid import add, close_below
from oral_architect.errors import StageError
from oral_architect.geometry import Mesh
from oral_architect.geometry.closest import Surface

UP = np.array([0.0, 0, 1])


def dome(top=3.0):
    """Upper half of a ball, cut flat at a height, open below."""
    sphere = trimesh.creation.icosphere(4, radius=4.0)
    vertices = sphere.vertices.copy()
    mesh = Mesh(vertices, sphere.faces)
    part, _ = mesh.part(mesh.vertices[mesh.faces][:, :, 2].min(axis=1) > -1.0)
    return Mesh(np.column_stack([part.vertices[:, :2], np.minimum(part.vertices[:, 2], top)]), part.faces)


def whole():
    sphere = trimesh.creation.icosphere(4, radius=3.99)
    return Mesh(sphere.vertices, sphere.faces)


CAP_MM3 = np.pi * 1.0**2 * (3 * 4.0 - 1.0) / 3


def test_an_open_crown_is_closed_to_a_solid():
    closed = close_below(dome(), UP)
    assert closed.mesh.is_watertight
    assert closed.mesh.volume_mm3 > 0


def test_the_lost_cap_is_given_back():
    built = add(whole(), close_below(dome(), UP))
    assert built.route == "boolean"
    assert built.body.is_watertight
    assert built.body.volume_mm3 == pytest.approx(CAP_MM3, rel=0.05)
    assert Surface(built.whole).nearest(np.array([[0, 0, 4.0]])).distance_mm[0] < 0.05


def test_the_distance_field_gives_the_same_when_booleans_fail(monkeypatch):
    monkeypatch.setattr(solid, "_by_boolean", lambda form, tooth: None)
    built = add(whole(), close_below(dome(), UP))
    assert built.route == "distance field"
    assert built.body.is_watertight
    assert built.body.volume_mm3 == pytest.approx(CAP_MM3, rel=0.08)


def test_a_crown_with_a_hole_and_a_pinch_is_still_closed():
    mesh = dome()
    hole = np.linalg.norm(mesh.vertices[mesh.faces].mean(axis=1) - [0, 3, 2.6], axis=1) < 0.5
    pinch = np.linalg.norm(mesh.vertices[mesh.faces].mean(axis=1) - [3, 0, 2.6], axis=1) < 0.3
    holed, _ = mesh.part(~hole & ~pinch)
    assert close_below(holed, UP).mesh.is_watertight


def test_a_closed_surface_has_no_margin_and_is_refused():
    with pytest.raises(StageError, match="no open margin"):
        close_below(whole(), UP)


def test_nothing_missing_is_said_so():
    with pytest.raises(StageError):
        add(Mesh(whole().vertices * 0.5, whole().faces), close_below(dome(), UP))
