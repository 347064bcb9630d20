"""The programme as a whole: dose, time, rate gap and what it refuses."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from box_tooth import block, cap, crown, design, landscape, one_tooth

from oral_architect import programme
from oral_architect.errors import ReferenceDataError, SettingsError, StageError
from oral_architect.geometry import Mesh
from oral_architect.programme import ProgrammeSettings, load_profile, profile_names
from oral_architect.programme.feature import minimum_feature_mm, share_too_thin
from oral_architect.programme.profile import parse_profile
from oral_architect.programme.timeline import Job, LayerTimes, schedule


@pytest.mark.parametrize("profile", profile_names())
@pytest.mark.parametrize("voxel_mm", [0.1, 0.17])
def test_the_total_dose_is_the_volume_exactly(profile, voxel_mm):
    land, plan = one_tooth()
    made = programme.run(land, plan, ProgrammeSettings(profile=profile, voxel_mm=voxel_mm))
    exact = round(plan.shapes["restoration_36"].volume_mm3 / voxel_mm**3 * 255)
    tooth = made.teeth[0]
    assert tooth.total_dose == int(made.arrays["dose_36"].sum()) == exact
    assert sum(layer.dose_units for layer in tooth.layers) == exact
    assert sum(layer.voxels for layer in tooth.layers) == len(made.arrays["voxels_36"])
    assert made.arrays["voxels_36"].dtype == np.int16
    assert made.arrays["dose_36"].dtype == np.uint16


def test_doses_lie_where_the_body_is():
    land, plan = one_tooth()
    made = programme.run(land, plan)
    centres = made.arrays["voxels_36"] * made.teeth[0].voxel_mm + np.asarray(made.teeth[0].origin_mm)
    weight = made.arrays["dose_36"]
    body = plan.shapes["restoration_36"].to_trimesh()
    assert np.average(centres, axis=0, weights=weight) == pytest.approx(body.center_mass, abs=0.01)


def test_an_empty_design_gives_an_empty_programme():
    made = programme.run(landscape({36: crown()}), design({}))
    assert made.teeth == ()
    assert made.timeline == ()
    assert made.session_s == 0
    assert made.rate_gap == 0
    assert "Nothing is deposited" in made.rate_gap_text


def test_a_pontic_is_made_elsewhere_and_said_so():
    made = programme.run(landscape({36: crown()}), design({37: cap(at=(30.0, 0.0))}, kind="pontic"))
    assert made.teeth == ()
    assert any("37" in w and "pontic" in w for w in made.warnings)


def test_the_rate_gap_is_the_needed_rate_over_the_demonstrated_one():
    made = programme.run(*one_tooth(), ProgrammeSettings(profile="clinic-2045"))
    layers = made.teeth[0].layers
    assert made.figures["demonstrated_growth_nm_per_h"].value == 56
    thickness_nm = 1.25e6  # the deepest voxel's floor is 1.2 mm up, its middle 0.05 mm more
    hours = sum(layer.dwell_s + layer.cure_s for layer in layers) / 3600
    assert made.rate_gap == pytest.approx(thickness_nm / hours / 56, rel=1e-6)
    assert made.rate_gap == pytest.approx(24_000, rel=0.2)
    assert "projection" in made.rate_gap_text
    assert "24,000" in made.rate_gap_text


def test_todays_profile_says_what_is_really_used_and_still_the_gap():
    made = programme.run(*one_tooth())
    assert "light-cured composite" in made.rate_gap_text
    assert made.rate_gap > 1e4


def test_every_figure_has_source_and_standing():
    for name in profile_names():
        for figure in load_profile(name).figures.values():
            assert figure.source
            assert figure.standing in {"read", "secondary", "recalled", "computed", "measured", "assumed"}


def test_a_profile_without_a_source_is_refused():
    raw = {"figures": {"cure_s": {"value": 1.0, "unit": "s"}}}
    with pytest.raises(ReferenceDataError, match="not complete"):
        parse_profile(raw, where="test")


def test_an_unknown_profile_names_the_known_ones():
    with pytest.raises(SettingsError, match="demonstrated"):
        programme.run(*one_tooth(), ProgrammeSettings(profile="clinic-2145"))


def test_an_open_body_is_refused():
    body = cap()
    with pytest.raises(StageError, match="not closed"):
        programme.run(landscape({36: crown()}), design({36: Mesh(body.vertices, body.faces[1:])}))


def test_the_same_input_gives_the_same_bytes():
    made = [programme.run(*one_tooth()) for _ in range(2)]
    assert made[0].model_dump_json() == made[1].model_dump_json()
    for key, array in made[0].arrays.items():
        assert array.tobytes() == made[1].arrays[key].tobytes()


def _device_use(steps):
    return sorted((s.start_s, s.end_s) for s in steps if s.phase != "cool")


def test_the_device_does_one_thing_at_a_time():
    teeth = {36: crown(), 37: crown(at=(20.0, 0.0)), 35: crown(at=(-20.0, 0.0))}
    bodies = {36: cap(), 37: cap(at=(20.0, 0.0)), 35: cap(at=(-20.0, 0.0))}
    made = programme.run(landscape(teeth), design(bodies), ProgrammeSettings(profile="extrapolated"))
    use = _device_use(made.timeline)
    assert all(before[1] <= after[0] + 1e-6 for before, after in pairwise(use))
    for tooth in made.teeth:
        own = [s for s in made.timeline if s.fdi == tooth.fdi]
        assert [s.phase for s in own][:2] == ["isolate", "prepare"]
        assert [s.phase for s in own][-2:] == ["finish", "check"]
        assert [layer.start_s for layer in tooth.layers] == [s.start_s for s in own if s.phase == "deposit"]


def test_a_tooth_cools_while_another_is_served():
    profile = load_profile("demonstrated")
    slow = tuple(LayerTimes(60.0, 20.0, 300.0) for _ in range(3))
    together = schedule(profile, [Job(16, slow), Job(26, slow)])
    alone = max(s.end_s for s in schedule(profile, [Job(16, slow)]))
    assert max(s.end_s for s in together) < 2 * alone - 300
    cooling = [s for s in together if s.fdi == 16 and s.phase == "cool"]
    assert any(c.start_s < s.end_s and s.start_s < c.end_s for c in cooling for s in together if s.fdi == 26)


def test_a_cooling_tooth_is_left_alone():
    profile = load_profile("demonstrated")
    steps = schedule(profile, [Job(16, (LayerTimes(60.0, 20.0, 100.0),) * 2)])
    for cool in (s for s in steps if s.phase == "cool"):
        assert not [s for s in steps if s.phase != "cool" and s.start_s < cool.end_s and s.end_s > cool.start_s]


def test_blur_sets_the_smallest_feature_when_it_is_coarser_than_the_mask():
    profile = load_profile("clinic-2045")
    assert minimum_feature_mm(profile, 0.0) == profile.value("mask_mm")
    assert minimum_feature_mm(profile, 1e4) == pytest.approx(np.sqrt(2 * 1.65e-6 * 1e4))


def test_what_is_thinner_than_a_feature_is_found():
    solid = np.zeros((40, 40, 20))
    solid[5:35, 5:35, 5:15] = 1.0
    assert share_too_thin(solid, 0.1, 0.3) < 0.05
    solid[5:35, 5:35, 6:15] = 0.0
    assert share_too_thin(solid, 0.1, 0.3) == 1.0


def test_a_box_filling_a_cavity_wall_to_wall_is_one_layer_deep_everywhere():
    body = block((-1.0, -1.0, 0.0), (1.0, 1.0, 0.3))
    made = programme.run(landscape({36: crown()}), design({36: body}))
    assert len(made.teeth[0].layers) == 1
