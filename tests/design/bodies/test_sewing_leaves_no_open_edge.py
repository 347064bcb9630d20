"""Lines, cuts, strips and the search for crossings keep what they promise."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st

from oral_architect.design.bodies import CementSettings, crossings
from oral_architect.design.bodies.gap import gap_mm
from oral_architect.design.bodies.line import Line, monotone
from oral_architect.design.bodies.nets import level_mesh
from oral_architect.design.bodies.sewing import cut, open_loops, zip_loops
from oral_architect.errors import StageError
from oral_architect.geometry import Mesh

BALL = Mesh.from_trimesh(trimesh.creation.icosphere(subdivisions=3))


def _circle(n: int, radius: float, phase: float = 0.0) -> np.ndarray:
    turn = np.arange(n) / n * 2 * np.pi + phase
    return np.stack([radius * np.cos(turn), radius * np.sin(turn), np.zeros(n)], axis=1)


@settings(deadline=None, max_examples=30)
@given(st.floats(-0.9, 0.9), st.floats(0, 1), st.floats(0, 1))
def test_a_cut_ball_has_one_edge_on_the_cut(height: float, x: float, y: float) -> None:
    field = BALL.vertices @ np.array([0.3 * x, 0.3 * y, 1.0]) - height
    part, ends, share = cut(BALL, field)
    loops = open_loops(part)
    assert len(loops) == 1
    assert part.edge_table[1].max() == 2
    again = (1 - share) * field[ends[:, 0]] + share * field[ends[:, 1]]
    assert np.abs(again[loops[0]]).max() < 0.05
    assert again.min() > -0.05


@settings(deadline=None, max_examples=40)
@given(st.integers(8, 90), st.integers(8, 90), st.floats(0, 6.2))
def test_a_strip_between_two_loops_closes_it(n: int, m: int, phase: float) -> None:
    line = Line(_circle(n, 2.0))
    inner = _circle(m, 1.5, phase)
    along = monotone(line.nearest(inner)[1], line.length_mm)
    faces = zip_loops(np.arange(n), line.start[:-1], n + np.arange(m), along, line.length_mm)
    strip = Mesh(np.concatenate([line.points, inner]), faces)
    assert len(faces) == n + m
    assert sorted(len(loop) for loop in open_loops(strip)) == sorted((n, m))
    assert (strip.face_crosses[:, 2] > -1e-9).all()


@settings(deadline=None, max_examples=40)
@given(st.floats(0, 4), st.floats(0, 4))
def test_the_gap_never_narrows_away_from_the_margin(a: float, b: float) -> None:
    near, far = gap_mm(np.array(sorted((a, b))), CementSettings())
    assert 0.0 <= near <= far <= CementSettings().gap_um / 1000
    assert gap_mm(np.array([0.0, -1.0]), CementSettings()).max() == 0.0


def test_cement_figures_come_from_the_data_rows() -> None:
    from oral_architect.reference import find

    assert CementSettings().gap_um == find("clinical_limits", quantity="cement_space_best_um").need("value")
    assert CementSettings().margin_gap_um == find("clinical_limits", quantity="margin_band_gap_um").need("value")


def test_a_ball_does_not_cross_itself_and_a_dented_one_does() -> None:
    assert len(crossings(BALL)) == 0
    dented = BALL.vertices.copy()
    dented[0] *= -1.3
    assert len(crossings(Mesh(dented, BALL.faces))) > 0


def test_faces_that_only_touch_do_not_cross_and_folded_ones_do() -> None:
    points = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0.0], [0.4, 0.3, 0.0]])
    assert len(crossings(Mesh(points, np.array([[0, 1, 2], [1, 3, 2]])))) == 0
    assert len(crossings(Mesh(points, np.array([[0, 1, 2], [1, 0, 4]])))) == 1


def test_the_level_of_a_ball_is_a_ball() -> None:
    at = np.stack(np.meshgrid(*[np.arange(-1.5, 1.5, 0.1)] * 3, indexing="ij"), axis=-1)
    mesh = level_mesh(np.linalg.norm(at, axis=-1) - 1.0, np.full(3, -1.5), 0.1)
    assert mesh.is_watertight
    assert mesh.volume_mm3 == pytest.approx(4 / 3 * np.pi, rel=0.02)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.floats(0, 40), min_size=1, max_size=20))
def test_a_place_on_the_line_is_found_again(places: list[float]) -> None:
    line = Line(_circle(64, 4.0))
    away, along = line.nearest(line.at(np.array(places)))
    assert away.max() < 1e-9
    turn = np.abs(np.mod(along - np.array(places) + line.length_mm / 2, line.length_mm) - line.length_mm / 2)
    assert turn.max() < 1e-6


def test_a_loop_that_does_not_go_round_is_refused() -> None:
    with pytest.raises(StageError, match="once around"):
        monotone(np.array([0.0, 1.0, 2.0, 1.0]), 10.0)


def test_corners_in_one_place_are_no_crossing() -> None:
    points = np.array([(0.0, 0, 0), (0, 0, 0), (1, 0, 0), (0, 1, 0)])
    assert len(crossings(Mesh(points, np.array([(0, 1, 2), (1, 0, 3)], dtype=np.int32)))) == 0
