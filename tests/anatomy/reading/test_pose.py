"""The pose search finds occlusal and anterior from any side, asking only a network it trusts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from oral_architect.anatomy.reading.graph import ScanGraph, build_graph, sample_surface
from oral_architect.anatomy.reading.network import Reading, mirrored
from oral_architect.anatomy.reading.pose import find_pose, occlusal_candidates
from oral_architect.geometry import Mesh, concatenate

from ..model_arch import bump_row


@pytest.fixture(scope="module")
def sheet() -> ScanGraph:
    return build_graph(*sample_surface(bump_row(0.6)[0]))


def a_sure_network(truth: np.ndarray) -> object:
    """Sure in the pose ``truth``, less so the farther away; says how to turn back for what is within 60 degrees."""

    def look(rotation: np.ndarray) -> Reading:
        back = Rotation.from_matrix(truth @ rotation.T).as_rotvec()
        away = float(np.linalg.norm(back))
        probability = np.zeros((10, 17), np.float32)
        probability[:, 1] = max(0.2, 0.95 - 0.3 * away)
        turn = back if away < np.radians(60) else np.zeros(3)
        return Reading(probability, np.zeros((10, 3), np.float32), np.zeros((10, 3)), 0.5, turn)

    return look


@settings(max_examples=15, deadline=None)
@given(tilt=st.floats(-0.3, 0.3), nod=st.floats(-0.3, 0.3), yaw=st.floats(-3.1, 3.1))
def test_the_pose_the_network_knows_is_found_from_any_side(
    sheet: ScanGraph, tilt: float, nod: float, yaw: float
) -> None:
    truth = Rotation.from_rotvec([tilt, nod, 0]).as_matrix() @ Rotation.from_rotvec([0, 0, yaw]).as_matrix()
    pose = find_pose(sheet, a_sure_network(truth))  # type: ignore[arg-type]
    assert Rotation.from_matrix(truth @ pose.rotation.T).magnitude() < np.radians(1)
    assert pose.certainty == pytest.approx(0.95, abs=0.01)
    assert pose.margin > 0.1


def test_every_pose_that_is_tried_is_a_proper_rotation(sheet: ScanGraph) -> None:
    asked = []

    def look(rotation: np.ndarray) -> Reading:
        asked.append(rotation)
        return Reading(np.full((4, 17), 0.05), np.zeros((4, 3)), np.zeros((4, 3)), 0.5, np.zeros(3))

    find_pose(sheet, look)
    for rotation in asked:
        np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-9)
        assert np.linalg.det(rotation) == pytest.approx(1)


def test_an_open_scan_has_one_occlusal_direction_and_a_closed_body_several(sheet: ScanGraph) -> None:
    (up,) = occlusal_candidates(sheet)
    assert up[2] > 0.95
    top = bump_row(0.6)[0]
    below = Mesh(top.vertices * [1, 1, -1] - [0, 0, 8], top.faces[:, ::-1])
    closed = build_graph(*sample_surface(concatenate([top, below])))
    assert len(occlusal_candidates(closed)) == 4


def test_a_reading_without_teeth_is_not_certain() -> None:
    gingiva = np.zeros((100, 17), np.float32)
    gingiva[:, 0] = 1
    assert Reading(gingiva, np.zeros((100, 3), np.float32), np.zeros((100, 3)), 0.5, np.zeros(3)).certainty == 0


def test_the_mirror_swaps_the_sides_and_is_its_own_inverse() -> None:
    probability = np.random.default_rng(0).random((5, 17)).astype(np.float32)
    swapped = mirrored(probability)
    np.testing.assert_array_equal(swapped[:, 1:9], probability[:, 9:])
    np.testing.assert_array_equal(mirrored(swapped), probability)
