"""A planned bridge is one closed body on two abutments, or a sentence that says what is wrong and what to do."""

from __future__ import annotations

import numpy as np
import pytest

from oral_architect import design, findings
from oral_architect.design import DesignSettings
from oral_architect.design.bodies import crossings
from oral_architect.design.bridging import span_of
from oral_architect.design.plan import Plan, ToothPlan, checked
from oral_architect.design.plan_file import decided, parse_plan, to_toml
from oral_architect.errors import SettingsError
from oral_architect.findings import FindingsSettings
from oral_architect.findings.document import Finding, Findings, Measure
from oral_architect.geometry import concatenate
from oral_architect.geometry.closest import Surface
from oral_architect.phantom.patient import Harm, PhantomSettings
from oral_architect.phantom.patient import run as make_patient
from small_patient import FULL

from .true_mouth import landscape_of

GAPPED = FULL.model_copy(update={"missing_rate": 1.0, "closed_gap_rate": 0.0, "irregularity": 0.1, "shape_spread": 0.6})


def gap(landscape, fdi: int):
    """The same mouth without a tooth, with a jaw to look at."""
    teeth = tuple(tooth for tooth in landscape.teeth if tooth.fdi != fdi)
    upper = concatenate([landscape.crown(tooth.fdi) for tooth in teeth if tooth.fdi < 30])
    shapes = {key: mesh for key, mesh in landscape.shapes.items() if key != f"crown_{fdi}"}
    return landscape.model_copy(update={"teeth": teeth, "shapes": {**shapes, "upper": upper}})


def missing(fdi: int) -> Finding:
    none = Measure(value=0, sd=0, unit="mm")
    return Finding(
        fdi=fdi,
        kind="missing",
        surfaces=(),
        lost_volume=none,
        max_depth=none,
        confidence=1,
        evidence=(),
        restore=False,
        reason="",
    )


def test_a_bridge_spans_from_one_standing_tooth_to_the_other(mouth) -> None:
    landscape = gap(mouth[0], 15)
    assert span_of(landscape, ToothPlan(fdi=15, kind="bridge")) == (16, 15, 14)
    assert span_of(landscape, ToothPlan(fdi=15, kind="bridge", abutments=(14, 16))) == (16, 15, 14)
    assert span_of(gap(landscape, 25), ToothPlan(fdi=25, kind="bridge")) == (24, 25, 26)


@pytest.mark.parametrize(
    ("fdi", "abutments", "said"),
    [
        (15, (14, 17), "abutment 17 does not stand. Beside the gap: 14 and 16"),
        (15, (14, 24), "24 does not stand beside the gap. Give abutments = [14, 16]"),
        (17, (), "beside the gap stands 16 only. Plan a pontic"),
    ],
)
def test_abutments_that_cannot_be_are_named_with_those_that_can(mouth, fdi: int, abutments, said: str) -> None:
    landscape = gap(mouth[0], 15)
    with pytest.raises(SettingsError) as caught:
        span_of(landscape, ToothPlan(fdi=fdi, kind="bridge", abutments=abutments))
    assert said in str(caught.value).replace("\n", " ")
    assert f"tooth {fdi}, bridge" in caught.value.where


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"fdi": 15, "kind": "bridge", "abutments": [14]}, "two abutments"),
        ({"fdi": 15, "kind": "bridge", "abutments": [15, 16]}, "cannot carry the bridge that replaces it"),
        ({"fdi": 15, "kind": "crown", "abutments": [14, 16]}, "abutments are those of a bridge"),
        ({"fdi": 15, "kind": "bridge", "abutments": [14, 99]}, "99 is not a permanent tooth"),
    ],
)
def test_a_plan_with_abutments_that_make_no_sense_is_refused(data, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        checked(ToothPlan, data, "plan.toml")


def test_abutments_are_written_and_read_back() -> None:
    plan = Plan(teeth=(ToothPlan(fdi=15, kind="bridge", abutments=(14, 16)),))
    assert parse_plan(to_toml(plan)) == plan


def test_on_teeth_that_are_not_prepared_the_pontic_is_made_and_the_bridge_fails(mouth) -> None:
    landscape = gap(mouth[0], 15)
    found = Findings(items=(missing(15),), compared=(), noise_mm=0.05)
    settings = DesignSettings(plan=Plan(teeth=(ToothPlan(fdi=15, kind="bridge"),)))
    one = design.run(landscape, found, settings).restoration(15)
    assert one.kind == "pontic"
    assert one.units == ()
    failed = next(check for check in one.checks if check.check == "bridge")
    assert failed.verdict == "fail"
    assert failed.note


@pytest.fixture(scope="module")
def bridged():
    """A mouth with a gap at 26 beside two prepared teeth, its findings, and the bridge over it."""
    harms = tuple(Harm(fdi=fdi, margin="shoulder") for fdi in (25, 27))
    landscape = landscape_of(
        make_patient(PhantomSettings(seed=38, faces=60_000, form=GAPPED, scanner="clean", harms=harms))
    )
    assert 26 not in {tooth.fdi for tooth in landscape.teeth}
    found = findings.run(landscape, FindingsSettings(teeth=(25, 27)))
    found = found.model_copy(update={"items": (*found.items, missing(26))})
    settings = DesignSettings(plan=Plan(teeth=(ToothPlan(fdi=26, kind="bridge", abutments=(25, 27)),)))
    return landscape, design.run(landscape, found, settings)


@pytest.mark.slow
def test_a_bridge_is_one_closed_body_with_connectors_of_the_section_its_material_asks_for(bridged) -> None:
    _, made = bridged
    assert [one.fdi for one in made.restorations] == [26]
    one = made.restoration(26)
    assert (one.kind, one.units) == ("bridge", (25, 26, 27))
    body = made.shapes["restoration_26"]
    assert body.is_watertight
    assert len(crossings(body)) == 0
    area = next(check for check in one.checks if check.check == "connector area")
    assert area.verdict == "pass"
    assert area.limit == 9
    assert area.value >= area.limit
    assert area.source


@pytest.mark.slow
def test_a_bridge_ends_in_both_finish_lines_or_says_where_it_covers_them(bridged) -> None:
    _, made = bridged
    body = Surface(made.shapes["restoration_26"])
    edges = {c.fdi: c for c in made.restoration(26).checks if c.check == "edge against finish line"}
    for fdi in (25, 27):
        signed = body.signed_distance_mm(made.arrays[f"finish_line_{fdi}"])
        assert np.percentile(signed, 95) < 0.05
        assert (signed.min() < -0.03) == ("covers" in edges[fdi].note)
        assert edges[fdi].verdict == ("warn" if signed.min() < -0.03 else "pass")
        assert f"Tooth {fdi}: part of the bridge of 26." in made.skipped


@pytest.mark.slow
def test_the_plan_of_a_bridge_names_its_abutments(bridged) -> None:
    _, made = bridged
    text = decided(made, Plan())
    assert "# abutments = [25, 27]" in text
    assert parse_plan(text).tooth(26).kind == "bridge"
