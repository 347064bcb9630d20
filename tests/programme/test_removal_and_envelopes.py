"""What goes first, what must stay over the pulp, and what no device may exceed."""

from __future__ import annotations

import numpy as np
import pytest
from box_tooth import block, cap, crown, design, landscape, one_tooth

from oral_architect import programme
from oral_architect.errors import StageError
from oral_architect.programme.block import tooth_block
from oral_architect.programme.pulp import P95, pulp_voxels


def sunk(depth_mm):
    """A plug that reaches into the tooth."""
    return block((-1.5, -1.5, -depth_mm), (1.5, 1.5, 0.6))


@pytest.fixture(scope="module")
def cut():
    return programme.run(landscape({36: crown()}), design({36: sunk(1.0)}))


def test_nothing_goes_where_new_material_only_lies_on_the_tooth():
    made = programme.run(*one_tooth())
    assert made.removals == ()
    assert "remove" not in {step.phase for step in made.timeline}


def test_what_goes_is_what_both_bodies_claim(cut):
    removed = cut.removals[0]
    assert removed.volume_mm3 == pytest.approx(9.0, abs=0.05)
    assert removed.volume_mm3 == pytest.approx(float(cut.arrays["removal_share_36"].sum()) * removed.voxel_mm**3)
    assert removed.depth_mm == pytest.approx(1.0, abs=0.11)
    move = np.asarray(removed.from_patient)
    own = cut.arrays["removal_36"] * removed.voxel_mm + np.asarray(removed.origin_mm)
    back = np.linalg.inv(move)
    points = own @ back[:3, :3].T + back[:3, 3]
    assert points[:, 2].min() == pytest.approx(-0.95, abs=0.06)
    assert np.abs(points[:, :2]).max() == pytest.approx(1.45, abs=0.06)


def test_removal_comes_before_anything_is_laid_and_takes_its_time(cut):
    phases = [step.phase for step in cut.timeline if step.fdi == 36]
    assert phases[:3] == ["isolate", "remove", "prepare"]
    step = next(step for step in cut.timeline if step.phase == "remove")
    assert step.end_s - step.start_s == pytest.approx(cut.removals[0].volume_mm3 / 0.1, abs=0.01)


def test_the_outermost_goes_first(cut):
    removed = cut.removals[0]
    heights = cut.arrays["removal_36"][:, 2]
    assert (np.diff(heights[np.flatnonzero(cut.arrays["removal_share_36"] > 0)][:50]) <= 0).all()
    assert removed.dentine_left_p95_mm < removed.dentine_left_mm


def test_a_cut_that_comes_too_near_the_pulp_is_refused_with_its_place_and_by_how_much():
    with pytest.raises(StageError, match=r"tooth 36, step remove: .* would leave .* mm of dentine .* 0\.5 mm must"):
        programme.run(landscape({36: crown()}), design({36: sunk(4.5)}))


def test_the_pulp_is_taken_larger_when_it_must_be_sure():
    land = landscape({36: crown()})
    sampled = tooth_block(land.tooth(36), land.crown(36), cap(), voxel_mm=0.2, where="test")
    expected, sure = (pulp_voxels(sampled, 36, deviations=d) for d in (0.0, P95))
    assert expected.any()
    assert sure.sum() > expected.sum()
    assert not (expected & ~sure).any()


@pytest.mark.parametrize("profile", programme.profile_names())
def test_every_step_of_a_device_has_an_envelope_that_holds_the_plan(profile):
    made = programme.run(*one_tooth(), programme.ProgrammeSettings(profile=profile))
    tooth = made.teeth[0]
    points = made.arrays["voxels_36"] * tooth.voxel_mm + np.asarray(tooth.origin_mm)
    for step in made.timeline:
        if step.phase == "cool":
            assert step.envelope is None
            continue
        within = step.envelope
        assert within.dwell_s >= step.end_s - step.start_s - 1e-3
        assert within.rise_c <= 5.5
        if step.phase == "deposit":
            layer = tooth.layers[step.layer]
            own = points[made.arrays["layer_36"] == step.layer]
            assert within.dose_units == layer.dose_units
            assert (own >= within.low_mm).all()
            assert (own <= within.high_mm).all()
        else:
            assert within.dose_units == 0
        lit = step.phase == "cure"
        assert (within.irradiance_mw_cm2 > 0) == lit


def test_each_pass_says_what_it_did(cut):
    names = [note.name for note in cut.passes]
    assert names == ["sample", "support", "removal", "islands", "layers", "doses", "times"]
    figures = {note.name: note.figures for note in cut.passes}
    assert figures["doses"]["units"] == cut.teeth[0].total_dose
    assert figures["layers"]["layers"] == len(cut.teeth[0].layers)
    assert figures["removal"]["volume_mm3"] == cut.removals[0].volume_mm3
