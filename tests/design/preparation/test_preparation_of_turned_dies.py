"""On dies whose numbers are known exactly, the finish line, axis, taper, height and undercut come out right."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from oral_architect.design.preparation import Preparation, find_preparation, undercut_mm
from oral_architect.errors import SettingsError, StageError
from oral_architect.geometry import Mesh

from .lathe import RADIUS_MM, Turned, tooth_along, turned


@cache
def _die() -> Turned:
    return turned()


@cache
def _found() -> Preparation:
    die = _die()
    return find_preparation(die.scan, die.crown, die.tooth)


def test_the_finish_line_runs_along_the_outer_edge_of_the_ledge() -> None:
    line = _found().finish_line
    off = np.hypot(np.hypot(line[:, 0], line[:, 1]) - RADIUS_MM, line[:, 2])
    assert off.max() < 0.06


def test_the_finish_line_is_closed_evenly_spaced_and_counter_clockwise() -> None:
    line = _found().finish_line
    step = np.linalg.norm(np.roll(line, -1, axis=0) - line, axis=1)
    assert step.max() <= 0.15
    x, y = line[:, 0], line[:, 1]
    assert (x * np.roll(y, -1) - np.roll(x, -1) * y).sum() / 2 == pytest.approx(np.pi * RADIUS_MM**2, rel=0.02)
    assert _found().sure.all()


def test_axis_taper_and_height_are_those_of_the_cone() -> None:
    found = _found()
    assert found.axis @ [0, 0, 1] > np.cos(np.deg2rad(1.0))
    assert found.taper_deg == pytest.approx(12.0, abs=0.5)
    assert found.height_mm == pytest.approx(4.0, abs=0.05)


def test_the_border_of_the_die_lies_on_the_finish_line() -> None:
    found = _found()
    rim = found.die.vertices[np.unique(found.die.open_edges.ravel())]
    line = found.finish_line
    ahead = np.roll(line, -1, axis=0) - line
    away = rim[:, None] - line[None]
    share = np.clip((away * ahead).sum(axis=2) / (ahead**2).sum(axis=1), 0, 1)
    gap = np.linalg.norm(away - share[:, :, None] * ahead, axis=2).min(axis=1)
    assert gap.max() < 0.01


def test_a_shoulder_is_called_a_shoulder_and_has_no_undercut() -> None:
    assert _found().margin == "shoulder"
    assert _found().undercut_mm.max() < 0.02


def test_an_undercut_is_measured_in_millimetres() -> None:
    """A cone that stands on its narrow end: each wall point lies under the rim above it."""
    angle = np.arange(90) / 90 * 2 * np.pi
    heights = np.linspace(0, 3, 31)
    radii = 3.0 + 0.1 * heights
    points = np.concatenate(
        [
            np.column_stack([r * np.cos(angle), r * np.sin(angle), np.full(90, z)])
            for r, z in zip(radii, heights, strict=True)
        ]
    )
    here, after = np.arange(90), (np.arange(90) + 1) % 90
    faces = []
    for k in range(30):
        a, b, c, d = (k * 90 + x for x in (here, after, after + 90, here + 90))
        faces += [np.column_stack([a, b, c]), np.column_stack([a, c, d])]
    top = len(points)
    faces.append(np.column_stack([30 * 90 + here, 30 * 90 + after, np.full(90, top)]))
    die = Mesh(np.vstack([points, [[0, 0, 3.0]]]), np.concatenate(faces).astype(np.int32))
    depth = undercut_mm(die, np.array([0.0, 0, 1]))
    expected = 0.1 * (3.0 - die.vertices[:-1, 2])
    inner = (die.vertices[:-1, 2] > 0.05) & (die.vertices[:-1, 2] < 2.8)
    assert np.abs(depth[:-1] - expected)[inner].max() < 0.02


def test_moving_the_mouth_moves_the_preparation() -> None:
    die = _die()
    turn = Rotation.from_rotvec([0.4, -0.3, 0.8]).as_matrix()
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = turn, [12.0, -7.0, 30.0]
    moved = find_preparation(die.scan.transformed(matrix), die.crown.transformed(matrix), tooth_along(turn.T))
    back = (moved.finish_line - matrix[:3, 3]) @ turn
    off = np.hypot(np.hypot(back[:, 0], back[:, 1]) - RADIUS_MM, back[:, 2])
    assert off.max() < 0.06
    assert moved.taper_deg == pytest.approx(_found().taper_deg, abs=0.3)
    assert moved.height_mm == pytest.approx(_found().height_mm, abs=0.02)


def test_the_line_runs_through_a_point_a_person_gives() -> None:
    die = _die()
    wanted = np.array([[RADIUS_MM - 0.35, 0.0, 0.0]])
    found = find_preparation(die.scan, die.crown, die.tooth, points=wanted)
    assert np.linalg.norm(found.finish_line - wanted, axis=1).min() < 1e-6
    other_side = found.finish_line[found.finish_line[:, 0] < 0]
    assert np.abs(np.hypot(other_side[:, 0], other_side[:, 1]) - RADIUS_MM).max() < 0.06


def test_a_point_far_from_the_tooth_is_refused() -> None:
    die = _die()
    with pytest.raises(SettingsError, match="off the tooth"):
        find_preparation(die.scan, die.crown, die.tooth, points=np.array([[30.0, 0, 0]]))


def test_a_tooth_that_touches_its_antagonist_has_no_room() -> None:
    die = _die()
    plate = Mesh(
        np.array(
            [[-9, -9, 3.5], [9, -9, 3.5], [9, 9, 3.5], [-9, 9, 3.5], [-9, -9, 6.0], [9, -9, 6], [9, 9, 6], [-9, 9, 6]]
        ),
        np.array([[0, 2, 1], [0, 3, 2], [4, 5, 6], [4, 6, 7]], dtype=np.int32),
    )
    with pytest.raises(StageError, match="no room"):
        find_preparation(die.scan, die.crown, die.tooth, antagonist=plate)
    lifted = Mesh(plate.vertices + np.array([0, 0, 2.0]), plate.faces)
    assert find_preparation(die.scan, die.crown, die.tooth, antagonist=lifted).reduction_mm == pytest.approx(
        1.5, abs=0.02
    )


def test_a_tooth_without_a_ledge_is_not_a_preparation() -> None:
    """A ball on a plane has no finish line."""
    ball = _ball()
    with pytest.raises(StageError) as refused:
        find_preparation(ball, ball, _die().tooth)
    assert refused.value.todo


def _ball() -> Mesh:
    import trimesh

    ball = trimesh.creation.icosphere(subdivisions=5, radius=4.0)
    mesh = Mesh(np.asarray(ball.vertices), np.asarray(ball.faces))
    return mesh.part(mesh.vertices[mesh.faces][:, :, 2].min(axis=1) > -2.0)[0]
