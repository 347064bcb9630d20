"""A visit in order: phases in turn, devices and people once at a time, heat within its budget."""

from __future__ import annotations

from itertools import pairwise
from xml.etree import ElementTree as Xml

import numpy as np
import pytest
from box_tooth import cap, crown, design, landscape

from oral_architect import programme
from oral_architect.errors import InputError, StageError
from oral_architect.findings.document import Measure
from oral_architect.programme import ProgrammeSettings
from oral_architect.schedule import Late, Measured, ScheduleSettings, SolveSettings, run
from oral_architect.schedule.gantt import gantt
from oral_architect.twin import Prediction, ToothPrediction

pytest.importorskip("ortools", reason="the order is found by OR-Tools")
PLACES = {36: (0.0, 0.0), 37: (20.0, 0.0), 45: (-20.0, 0.0)}


def made(profile="extrapolated", teeth=(36, 37, 45)):
    crowns = {fdi: crown(at=PLACES[fdi]) for fdi in teeth}
    bodies = {fdi: cap(at=PLACES[fdi]) for fdi in teeth}
    return programme.run(landscape(crowns), design(bodies), ProgrammeSettings(profile=profile))


@pytest.fixture(scope="module")
def three():
    return made()


def predicted(plan, rise_c, sd_c=0.0):
    """A trace that rises by ``rise_c`` in each cure and is back half a minute later."""
    arrays, teeth = {}, []
    for tooth in plan.teeth:
        points = []
        for layer in tooth.layers:
            start = layer.start_s + layer.dwell_s
            points += [(start, 37.0), (start + layer.cure_s, 37.0 + rise_c), (start + layer.cure_s + 30.0, 37.0)]
        arrays[f"pulp_{tooth.fdi}"] = np.array(points, dtype=np.float32)
        rise = Measure(value=rise_c, sd=sd_c, unit="°C")
        teeth.append(
            ToothPrediction(
                fdi=tooth.fdi,
                pulp_peak_c=rise,
                pulp_rise_c=rise,
                pulp_rise_limit_c=5.5,
                cem43_min=0.0,
                filled_fraction=1.0,
                deposited_units=1,
                lost_units=0,
                retrieved_units=0,
                dispensed_units=1,
                surface_rms_um=rise,
                verdict="pass",
            )
        )
    return Prediction(teeth=tuple(teeth), rate_gap=1.0, rate_gap_text="", safe=True, arrays=arrays)


def test_nothing_is_in_two_places_at_once_and_phases_come_in_turn(three):
    plan = run(three)
    for name in {name for step in plan.steps for name in step.uses}:
        mine = [step for step in plan.steps if name in step.uses]
        for before, after in pairwise(mine):
            assert after.start_s >= before.end_s + (10 if before.fdi != after.fdi else 0)
    for fdi in PLACES:
        own = [step for step in plan.steps if step.fdi == fdi]
        assert [s.phase for s in own] == ["isolate", "prepare", *["deposit", "cure"] * 3, "finish", "check"]
        assert all(before.end_s <= after.start_s for before, after in pairwise(own))
    assert plan.session_s == max(step.end_s for step in plan.steps)
    assert plan.bound_s <= plan.session_s
    assert plan.rate_gap == three.rate_gap


def test_several_devices_are_shorter_than_the_programmes_single_one(three):
    plan = run(three, settings=ScheduleSettings(stretch_s=9000))
    assert plan.session_s < three.session_s
    assert plan.gap < 0.05


def test_without_a_prediction_every_layer_cools_before_the_next_is_heated(three):
    plan = run(three)
    cures = [step for step in plan.steps if step.fdi == 36 and step.phase == "cure"]
    assert all(before.cools_until_s <= after.start_s for before, after in pairwise(cures))


def test_a_layer_that_is_predicted_too_hot_is_named(three):
    with pytest.raises(StageError, match=r"36/cure/1: it takes .* where 5\.5 °C are allowed"):
        run(three, predicted(three, rise_c=5.0, sd_c=1.0))


def test_cool_downs_come_from_the_prediction(three):
    plan = run(three, predicted(three, rise_c=5.0))
    cures = [step for step in plan.steps if step.fdi == 36 and step.phase == "cure"]
    assert [c.cools_until_s - c.end_s for c in cures] == [30, 30, 30]


def test_what_hurts_is_done_while_the_quadrant_is_numb(three):
    plan = run(three, settings=ScheduleSettings(numb=(36, 37)))
    numb = plan.step("quadrant 3/numb")
    for fdi in (36, 37):
        prepared = plan.step(f"{fdi}/prepare")
        assert prepared.start_s >= numb.end_s + 300
        assert prepared.end_s <= numb.end_s + 3600
    with pytest.raises(KeyError):
        plan.step("quadrant 4/numb")


def test_a_late_step_moves_only_what_has_not_begun(three):
    before = run(three)
    late = before.step("36/prepare")
    after = run(three, changes=[Late(step="36/prepare", by_s=240)])
    assert after.now_s == late.end_s
    assert after.step("36/prepare").end_s == late.end_s + 240
    for step in before.steps:
        if step.start_s < late.end_s and step.name != "36/prepare":
            assert after.step(step.name).model_copy(update={"state": step.state}) == step
        elif step.name != "36/prepare":
            assert after.step(step.name).start_s >= late.end_s
    states = {step.name: step.state for step in after.steps}
    assert states["36/prepare"] == "running"
    assert "planned" in states.values()


def test_a_break_waits_for_what_runs_late(three):
    quick = ScheduleSettings(stretch_s=1800, solve=SolveSettings(effort=0.5))
    plan = run(three, changes=[Late(step="36/prepare", by_s=3600)], settings=quick)
    late = plan.step("36/prepare")
    assert late.end_s - late.start_s == 180 + 3600
    assert all(end <= late.start_s or start >= late.end_s for start, end in plan.breaks_s)
    assert min(start for start, _ in plan.breaks_s if start >= plan.now_s) == late.end_s


def test_a_layer_measured_short_is_laid_again_before_the_next(three):
    plan = run(three, changes=[Measured(fdi=36, layer=1, share=0.75)])
    again = plan.step("36/deposit/1+")
    whole = plan.step("36/deposit/1")
    assert again.end_s - again.start_s == -(-(whole.end_s - whole.start_s) // 4)
    assert plan.step("36/cure/1").end_s <= again.start_s
    assert again.end_s <= plan.step("36/cure/1+").start_s
    assert plan.step("36/cure/1+").end_s <= plan.step("36/deposit/2").start_s


def test_a_layer_measured_over_shortens_the_next(three):
    usual = run(three).step("36/deposit/2")
    plan = run(three, changes=[Measured(fdi=36, layer=1, share=1.25)])
    shorter = plan.step("36/deposit/2")
    assert shorter.end_s - shorter.start_s == -(-(usual.end_s - usual.start_s) * 3 // 4)


def test_a_change_of_a_step_that_is_not_there_is_refused(three):
    with pytest.raises(InputError, match="no such step"):
        run(three, changes=[Late(step="11/prepare", by_s=60)])


def test_a_visit_nothing_fits_says_what_is_missing(three):
    with pytest.raises(StageError, match=r"the whole visit allows 600 s Allow .*\d+ s more"):
        run(three, settings=ScheduleSettings(longest_s=600))


def test_the_same_visit_gives_the_same_bytes(three):
    assert run(three).model_dump_json() == run(three).model_dump_json()


def test_the_picture_says_every_step_in_words(three):
    plan = run(three, changes=[Late(step="36/prepare", by_s=240)])
    drawn = gantt(plan, title="A <visit>")
    root = Xml.fromstring(drawn)
    told = [title.text for title in root.iter("{http://www.w3.org/2000/svg}title")]
    assert all(any(words.startswith(f"{step.name}: ") for words in told) for step in plan.steps)
    assert "prefers-color-scheme: dark" in drawn
    assert "http" not in drawn.replace("http://www.w3.org/2000/svg", "")
