import numpy as np
import pytest

from findings.mouth import build
from oral_architect.anatomy.bite.articulator import ArticulatorSettings
from oral_architect.anatomy.document import Bite
from oral_architect.case import matrix4
from oral_architect.design.function import raise_bite
from oral_architect.errors import SettingsError, StageError

TEETH = (11, 16, 21, 26, 31, 36, 37, 41, 46)
CONDYLES = ArticulatorSettings(condyles_mm=((-50.0, 60.0, 30.0), (50.0, 60.0, 30.0)))


@pytest.fixture(scope="module")
def arches():
    landscape, _ = build(teeth=TEETH, seed=3)
    bite = Bite(
        given=True,
        lower_moved=matrix4(np.eye(4)),
        contacts=(),
        max_penetration_mm=0.0,
        residual_mm=0.0,
        ambiguous=False,
    )
    return landscape.model_copy(update={"bite": bite})


def test_each_tooth_gains_the_chord_of_its_own_circle(arches):
    raised = raise_bite(arches, 3.0, 0.5, settings=CONDYLES)
    turn = np.radians(raised.plan.hinge_deg)
    for room in raised.plan.teeth:
        points = arches.crown(room.fdi).vertices
        height = points @ np.asarray(arches.tooth(room.fdi).axes[2])
        top = points[height >= np.quantile(height, 0.9)].mean(axis=0)
        radius = np.hypot(top[1] - 60.0, top[2] - 30.0)  # the hinge axis runs along x
        assert room.opened_mm == pytest.approx(2 * radius * np.sin(turn / 2), abs=1e-9)
        assert room.own_mm == pytest.approx(room.opened_mm / 2)


def test_the_amount_is_that_of_the_incisors_and_molars_gain_less(arches):
    plan = raise_bite(arches, 3.0, 0.25, settings=CONDYLES).plan
    assert plan.tooth(31).opened_mm == pytest.approx(3.0, abs=0.1)
    assert plan.tooth(37).opened_mm < plan.tooth(36).opened_mm < plan.tooth(31).opened_mm
    assert plan.tooth(11).own_mm == pytest.approx(0.25 * plan.tooth(11).opened_mm)
    assert plan.tooth(31).own_mm == pytest.approx(0.75 * plan.tooth(31).opened_mm)


def test_the_amount_can_be_stated_at_the_molars(arches):
    plan = raise_bite(arches, 1.5, at="molars", settings=CONDYLES).plan
    molars = [plan.tooth(t).opened_mm for t in (36, 37, 46)]
    assert np.mean(molars) == pytest.approx(1.5, abs=0.05)
    assert plan.tooth(31).opened_mm > 2.0


def test_the_lower_jaw_of_the_mouth_moves_as_one(arches):
    raised = raise_bite(arches, 3.0, settings=CONDYLES)
    motion = np.asarray(raised.plan.lower_moved)
    for fdi in TEETH:
        before, after = arches.crown(fdi).vertices, raised.landscape.crown(fdi).vertices
        wanted = before if fdi < 30 else before @ motion[:3, :3].T + motion[:3, 3]
        assert np.allclose(after, wanted)
    assert raised.landscape.crown(31).vertices[:, 2].mean() < arches.crown(31).vertices[:, 2].mean() - 2
    assert np.allclose(raised.landscape.bite.lower_moved, motion)


def test_nothing_is_raised_by_nothing(arches):
    assert max(t.opened_mm for t in raise_bite(arches, 0.0).plan.teeth) == 0


def test_a_bite_that_cannot_be_is_refused(arches):
    with pytest.raises(SettingsError):
        raise_bite(arches, -1.0)
    with pytest.raises(SettingsError):
        raise_bite(arches, 2.0, 1.5)
    with pytest.raises(StageError, match="no bite"):
        raise_bite(arches.model_copy(update={"bite": None}), 2.0)
