"""Stills show what is there: in place, the right way round, in the right colour, the same every time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import trimesh
from PIL import Image

from oral_architect.errors import SettingsError
from oral_architect.geometry import Mesh
from oral_architect.geometry.render import VIEWS, Coloured, camera_for, openness, render, save_png

SIZE = (180, 140)
RED, BLUE, GREY = (0.8, 0.1, 0.1), (0.1, 0.2, 0.8), (0.6, 0.6, 0.6)


def ball(at: tuple[float, float, float], radius: float = 3.0) -> Mesh:
    sphere = trimesh.creation.icosphere(subdivisions=3, radius=radius)
    return Mesh(sphere.vertices + np.array(at), sphere.faces)


def test_the_patients_right_is_on_the_viewers_left() -> None:
    """-x is the patient's right (LPS)."""
    parts = [Coloured(ball((-10, 0, 0)), RED), Coloured(ball((10, 0, 0)), BLUE)]
    for view in ("frontal", "upper_occlusal", "lower_occlusal"):
        picture = render(parts, view, SIZE).astype(int)
        left, right = picture[:, :90], picture[:, 90:]
        assert (left[..., 0] - left[..., 2]).max() > 60, view
        assert (right[..., 2] - right[..., 0]).max() > 60, view


@pytest.mark.parametrize(("view", "front_is_up"), [("upper_occlusal", True), ("lower_occlusal", False)])
def test_occlusal_views_lie_as_in_the_chart(view: str, front_is_up: bool) -> None:
    parts = [Coloured(ball((0, -10, 0)), RED), Coloured(ball((0, 10, 0)), BLUE)]
    picture = render(parts, view, SIZE).astype(int)
    redness = (picture[..., 0] - picture[..., 2]).astype(float)
    rows = np.arange(SIZE[1])
    red_row = (np.clip(redness, 0, None).sum(axis=1) * rows).sum() / np.clip(redness, 0, None).sum()
    assert bool(red_row < SIZE[1] / 2) is front_is_up


def test_what_is_nearer_hides_what_is_behind() -> None:
    parts = [Coloured(ball((0, 0, 0), 6), BLUE), Coloured(ball((0, -12, 0), 4), RED)]
    middle = render(parts, "frontal", SIZE)[70, 90].astype(int)
    assert middle[0] > middle[2] + 40


def test_a_point_is_projected_onto_its_own_pixel() -> None:
    parts = [Coloured(ball((-12, 3, 5), 1.0), RED), Coloured(ball((9, -2, -6), 1.0), RED)]
    for view in VIEWS:
        camera = camera_for(parts, view, SIZE)
        picture = render(parts, camera=camera).astype(int)
        for at in ((-12, 3, 5), (9, -2, -6)):
            x, y = camera.project(np.array(at, float))[0]
            assert picture[int(y), int(x), 0] > picture[int(y), int(x), 2] + 40, view


def test_colours_may_be_one_or_by_vertex_or_by_face() -> None:
    mesh = ball((0, 0, 0))
    one = render([Coloured(mesh, GREY)], size=SIZE)
    by_vertex = render([Coloured(mesh, np.tile(GREY, (len(mesh.vertices), 1)))], size=SIZE)
    by_face = render([Coloured(mesh, np.tile(GREY, (len(mesh.faces), 1)))], size=SIZE)
    assert np.abs(one.astype(int) - by_vertex).max() <= 1
    assert np.abs(one.astype(int) - by_face).max() <= 1
    with pytest.raises(SettingsError, match="fit neither"):
        render([Coloured(mesh, np.zeros((7, 3)))], size=SIZE)


def test_edges_are_smoothed_and_the_background_is_left_alone() -> None:
    picture = render([Coloured(ball((0, 0, 0)), (0, 0, 0))], size=SIZE, background=(1, 1, 1))
    assert picture[0, 0].tolist() == [255, 255, 255]
    edge = (picture[70, :, 0] > 90) & (picture[70, :, 0] < 250)
    assert 1 <= edge.sum() <= 6


def test_a_crevice_is_darker_than_open_ground() -> None:
    flat = trimesh.creation.box((40, 40, 1))
    wall = trimesh.creation.box((40, 1, 12))
    meshes = [Mesh(flat.vertices, flat.faces), Mesh(wall.vertices + np.array([0, 0, 6]), wall.faces)]
    up = np.tile([0.0, 0.0, 1.0], (2, 1))
    near, far = openness(np.array([[0, 0.8, 0.5], [0, 15, 0.5]]), up, meshes, rays=64)
    assert near < 0.75
    assert far > 0.97


def test_the_same_scene_gives_the_same_picture(tmp_path: Path) -> None:
    parts = [Coloured(ball((0, 0, 0)), GREY)]
    first, second = render(parts, "three_quarter", SIZE), render(parts, "three_quarter", SIZE)
    assert np.array_equal(first, second)
    with Image.open(save_png(first, tmp_path / "ball.png")) as image:
        assert np.array_equal(np.asarray(image), first)


def test_nothing_to_see_and_unknown_views_are_said() -> None:
    with pytest.raises(SettingsError, match="no surface"):
        render([], size=SIZE)
    with pytest.raises(SettingsError, match="no view"):
        render([Coloured(ball((0, 0, 0)), GREY)], "backwards", SIZE)
