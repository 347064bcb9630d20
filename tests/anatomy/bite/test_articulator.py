from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oral_architect.anatomy.bite.articulator import ArticulatorSettings, mount
from oral_architect.errors import SettingsError
from oral_architect.reference import find

INCISAL = np.array([0.0, -25.0, 0.0])
SQUARE = ArticulatorSettings(
    bonwill_arm_mm=100.0, bonwill_base_mm=100.0, balkwill_deg=20.0, condylar_inclination_deg=30.0, bennett_deg=15.0
)


def at(matrix, point):
    return matrix[:3, :3] @ point + matrix[:3, 3]


def rigid(matrix):
    return np.allclose(matrix[:3, :3] @ matrix[:3, :3].T, np.eye(3)) and np.isclose(np.linalg.det(matrix[:3, :3]), 1)


def test_the_condyles_and_the_incisal_point_make_bonwills_triangle():
    a = mount(INCISAL, SQUARE)
    assert np.linalg.norm(a.left_mm - a.right_mm) == pytest.approx(100)
    assert np.linalg.norm(a.left_mm - INCISAL) == pytest.approx(100)
    middle = (a.left_mm + a.right_mm) / 2 - INCISAL
    assert np.degrees(np.arctan2(middle[2], middle[1])) == pytest.approx(20)
    assert a.left_mm[0] > 0 > a.right_mm[0]


def test_values_left_out_are_the_published_averages_and_say_so():
    a = mount(INCISAL)
    row = find("clinical_limits", group="articulator", quantity="bonwill_arm_mm")
    assert np.linalg.norm(a.left_mm - INCISAL) == pytest.approx(row.need("value"))
    assert a.sources["bonwill_arm_mm"] == row.source
    assert mount(INCISAL, SQUARE).sources["bennett_angle_deg"] == "set by the user"


def test_a_face_bow_replaces_the_triangle():
    a = mount(INCISAL, ArticulatorSettings(condyles_mm=((-55, 60, 30), (54, 62, 31))))
    assert a.left_mm.tolist() == [54, 62, 31]
    with pytest.raises(SettingsError, match="right condyle"):
        mount(INCISAL, ArticulatorSettings(condyles_mm=((55, 60, 30), (-54, 62, 31))))


def test_arms_too_short_for_the_base_are_refused():
    with pytest.raises(SettingsError, match="do not reach"):
        mount(INCISAL, ArticulatorSettings(bonwill_arm_mm=40, bonwill_base_mm=100))


@settings(deadline=None, max_examples=30)
@given(st.floats(0.5, 30))
def test_opening_takes_the_incisal_point_along_an_arc_about_the_condyles(mm):
    a = mount(INCISAL, SQUARE)
    motion = a.opening_by(mm)
    gone = at(motion, INCISAL)
    middle = (a.left_mm + a.right_mm) / 2
    assert np.linalg.norm(gone - middle) == pytest.approx(np.linalg.norm(INCISAL - middle))
    assert np.linalg.norm(gone - INCISAL) == pytest.approx(mm)
    assert gone[2] < 0  # down
    assert np.allclose(at(motion, a.left_mm), a.left_mm)
    assert rigid(motion)


def test_the_hinge_cannot_open_beyond_its_radius():
    with pytest.raises(SettingsError, match="out of reach"):
        mount(INCISAL, SQUARE).opening_by(500)


@settings(deadline=None, max_examples=30)
@given(st.floats(0, 10), st.floats(0, 60))
def test_protrusion_takes_both_condyles_down_their_path(mm, inclination):
    a = mount(INCISAL, SQUARE.model_copy(update={"condylar_inclination_deg": inclination}))
    step = at(a.protrusion(mm), a.left_mm) - a.left_mm
    slope = np.radians(inclination)
    assert np.allclose(step, mm * np.array([0, -np.cos(slope), -np.sin(slope)]), atol=1e-9)
    assert np.allclose(at(a.protrusion(mm, 5.0), a.right_mm) - a.right_mm, step, atol=1e-9)
    assert np.allclose(a.protrusion(mm)[:3, :3], np.eye(3))


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("bennett", [0.0, 7.5, 15.0, 30.0])
def test_going_aside_swings_the_other_condyle_by_the_bennett_angle(side, bennett):
    a = mount(INCISAL, SQUARE.model_copy(update={"bennett_deg": bennett}))
    motion = a.laterotrusion(side, 4.0)
    swinging, working = (a.right_mm, a.left_mm) if side == "left" else (a.left_mm, a.right_mm)
    towards = 1.0 if side == "left" else -1.0
    path = at(motion, swinging) - swinging
    assert np.linalg.norm(path) == pytest.approx(4)
    assert np.degrees(np.arctan2(towards * path[0], -path[1])) == pytest.approx(bennett)
    assert np.degrees(np.arctan2(-path[2], -path[1])) == pytest.approx(30)
    shift = at(motion, working) - working
    assert np.allclose(shift[1:], 0, atol=1e-9)  # along the intercondylar axis only
    assert towards * shift[0] >= -0.2
    assert rigid(motion)
    assert towards * (at(motion, INCISAL) - INCISAL)[0] > 0  # the chin goes to the side


def test_left_and_right_are_mirror_images():
    a = mount(INCISAL, SQUARE)
    mirror = np.diag([-1.0, 1, 1, 1])
    assert np.allclose(mirror @ a.laterotrusion("left", 3.0, 2.0) @ mirror, a.laterotrusion("right", 3.0, 2.0))


def test_nothing_moves_by_nothing():
    a = mount(INCISAL, SQUARE)
    for motion in (a.protrusion(0), a.laterotrusion("left", 0), a.opening(0)):
        assert np.allclose(motion, np.eye(4), atol=1e-12)
