"""A raised bite: each jaw takes its share, and the teeth built up to it meet again."""

from __future__ import annotations

import numpy as np
import pytest

from oral_architect import design, findings
from oral_architect.design import DesignSettings
from oral_architect.design.contact import antagonist_of
from oral_architect.design.drawing_out import drawn_out
from oral_architect.design.edits import EditLog
from oral_architect.design.form import Form
from oral_architect.design.plan import MouthPlan, Plan, ToothPlan
from oral_architect.design.plan_file import parse_plan, to_toml
from oral_architect.errors import SettingsError
from oral_architect.geometry import Mesh
from oral_architect.teeth.fdi import jaw_of
from small_patient import patient

from .true_mouth import landscape_of

TEETH = (11, 16, 31, 41, 46)
MET_MM = 0.01
"""Contacts close so far."""


def raised(landscape, found, mm: float, share: float, *teeth: ToothPlan):
    mouth = MouthPlan(raise_bite_mm=mm, share_upper=share)
    return design.run(landscape, found, DesignSettings(plan=Plan(mouth=mouth, teeth=teeth)))


@pytest.fixture(scope="module")
def few():
    """A few teeth of the small patient, and what was found on them."""
    whole = patient()
    landscape = landscape_of(whole, tuple(tooth.fdi for tooth in whole.teeth if tooth.fdi not in TEETH))
    return landscape, findings.run(landscape)


@pytest.fixture(scope="module")
def built(few):
    """Raised by 2 mm, a quarter of it the upper teeth's, built up directly."""
    return raised(*few, 2.0, 0.25, *(ToothPlan(fdi=fdi, kind="rebuild") for fdi in TEETH))


def in_the_new_bite(landscape, made):
    """The mouth afterwards, its lower jaw moved."""
    motion = np.asarray(made.raised.lower_moved)
    shapes = {}
    for tooth in landscape.teeth:
        own = made.shapes.get(f"restored_{tooth.fdi}", landscape.crown(tooth.fdi))
        shapes[f"crown_{tooth.fdi}"] = own if jaw_of(tooth.fdi) == "upper" else own.transformed(motion)
    return landscape.model_copy(update={"shapes": {**landscape.shapes, **shapes}})


@pytest.mark.parametrize("fdi", [11, 16])
def test_teeth_meet_again_in_the_raised_bite(few, built, fdi: int) -> None:
    there = in_the_new_bite(few[0], built)
    gap = antagonist_of(there, fdi).gap_mm(there.crown(fdi).vertices)
    assert abs(gap.min()) < MET_MM


def test_the_record_says_what_each_jaw_got(built) -> None:
    record = built.raised
    assert (record.upper_mm, record.lower_mm) == (0.5, 1.5)
    for room in record.teeth:
        share = 0.25 if jaw_of(room.fdi) == "upper" else 0.75
        assert room.own_mm == pytest.approx(share * room.opened_mm)
    assert any("takes" in note for note in built.restoration(46).notes)


def test_lower_teeth_are_judged_against_the_upper_ones_as_they_became(built) -> None:
    stops = [touch for touch in built.restoration(46).contacts if touch.name.startswith("stop")]
    assert {touch.other for touch in stops} == {16}
    assert all(abs(touch.made_um - touch.asked_um) < 1000 * MET_MM for touch in stops)


def test_lower_restorations_lie_on_the_lower_teeth_as_they_were_scanned(few, built) -> None:
    middle = built.shapes["restoration_46"].vertices.mean(axis=0)
    assert np.linalg.norm(middle - few[0].crown(46).vertices.mean(axis=0)) < 5.0


def test_a_tooth_with_nothing_opposite_is_named(few) -> None:
    landscape = few[0].model_copy(update={"teeth": tuple(t for t in few[0].teeth if t.fdi != 46)})
    made = raised(landscape, few[1], 1.0, 1.0, *(ToothPlan(fdi=fdi, kind="none") for fdi in (11, 31, 41)))
    assert any(words.startswith("Tooth 16: no tooth of the other jaw") for words in made.skipped)
    assert any(words.startswith("Tooth 11: left alone, as planned") for words in made.skipped)


@pytest.mark.slow
def test_in_a_whole_mouth_every_upper_tooth_meets_again() -> None:
    landscape = landscape_of(patient())
    direct = (ToothPlan(fdi=tooth.fdi, kind="rebuild") for tooth in landscape.teeth if tooth.fdi != 46)
    made = raised(landscape, findings.run(landscape), 2.0, 0.5, *direct)
    assert {one.fdi for one in made.restorations} == {tooth.fdi for tooth in landscape.teeth}
    upper = [one for one in made.restorations if jaw_of(one.fdi) == "upper"]
    stops = [(one, touch) for one in upper for touch in one.contacts if touch.name.startswith("stop")]
    off_um = {(one.fdi, t.name): abs(t.made_um - t.asked_um) for one, t in stops if t.made_um is not None}
    assert {fdi for fdi, _ in off_um} == {one.fdi for one in upper}
    assert max(off_um.values()) < 1000 * MET_MM


def test_a_form_is_drawn_out_until_it_touches() -> None:
    from oral_architect.design.contact import opposite

    def sheet(z: float, up: bool) -> Mesh:
        x, y = (axis.ravel() for axis in np.meshgrid(np.arange(-6.0, 6.5), np.arange(-6.0, 6.5)))
        corner = np.arange(12 * 13).reshape(12, 13)[:, :12].ravel()
        faces = np.concatenate(
            [np.stack([corner, corner + 1, corner + 14], 1), np.stack([corner, corner + 14, corner + 13], 1)]
        )
        points = np.stack([x, y, np.full(len(x), z)], 1)
        return Mesh(points, (faces if up else faces[:, ::-1]).astype(np.int32))

    form = Form(sheet(0.0, True), np.ones(169))
    drawn, mm = drawn_out(form, opposite(0, sheet(1.25, False)), np.array([0.0, 0.0, 1.0]))
    assert mm == pytest.approx(1.25, abs=0.006)
    assert drawn.mesh.vertices[:, 2].max() == pytest.approx(1.25, abs=0.006)


def test_the_bite_of_a_plan_is_written_read_and_edited(tmp_path) -> None:
    plan = Plan(mouth=MouthPlan(raise_bite_mm=1.5, share_upper=0.4))
    assert parse_plan(to_toml(plan)) == plan
    with pytest.raises(SettingsError, match="Did you mean 'raise_bite_mm'") as caught:
        parse_plan("[mouth]\nraise_bite = 2")
    assert "line 2" in caught.value.where
    with pytest.raises(SettingsError, match="share_upper"):
        parse_plan("[mouth]\nshare_upper = 2")
    log = EditLog(tmp_path)
    log.begin(Plan())
    assert log.set("mouth.raise_bite_mm", 2.0).mouth.raise_bite_mm == 2.0
    log.undo()
    assert log.plan() == Plan()
