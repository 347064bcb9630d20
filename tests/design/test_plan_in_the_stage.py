"""A plan overrides what is decided for single teeth, and only what it touches is designed again."""

from __future__ import annotations

import numpy as np
import pytest

from oral_architect import design
from oral_architect.case.files import content_digest
from oral_architect.design import DesignSettings
from oral_architect.design.plan import Plan, ToothPlan
from oral_architect.design.plan_file import decided, parse_plan

from .conftest import DAMAGES


def planned(*teeth: ToothPlan) -> DesignSettings:
    return DesignSettings(plan=Plan(teeth=teeth))


@pytest.fixture(scope="module")
def edited(mouth):
    """The same mouth with other wishes for three teeth, one of them not there, made from the design before."""
    landscape, _, found, before = mouth
    settings = planned(
        ToothPlan(fdi=14, kind="none"),
        ToothPlan(fdi=16, kind="tabletop", material="Zirconia 3Y (Ceramill ZI)"),
        ToothPlan(fdi=47, kind="crown"),
        ToothPlan(fdi=26, kind="veneer"),
    )
    return design.run(landscape, found, settings, previous=before)


def test_a_planned_kind_and_material_are_made(edited) -> None:
    one = edited.restoration(16)
    assert (one.kind, one.material) == ("tabletop", "Zirconia 3Y (Ceramill ZI)")
    assert edited.shapes["restoration_16"].is_watertight


def test_a_tooth_planned_to_be_left_alone_is(edited) -> None:
    assert "Tooth 14: left alone, as planned." in edited.skipped
    assert "restoration_14" not in edited.shapes


def test_what_cannot_be_made_is_said_and_harms_nothing_else(edited) -> None:
    said = " ".join(edited.skipped)
    assert "Tooth 47: planned, but there is no such tooth on the scans; there are 14, 15" in said
    assert "Tooth 26: a veneer is planned, but this is a molar." in said
    assert {r.fdi for r in edited.restorations} == set(DAMAGES) - {14}


def test_a_tooth_the_edit_does_not_touch_is_taken_over_as_it_was(mouth, edited) -> None:
    before = mouth[3]
    assert edited.shapes["restoration_25"] is before.shapes["restoration_25"]
    assert edited.restoration(25) == before.restoration(25)
    assert edited.restoration(16).made_from != before.restoration(16).made_from


@pytest.mark.slow
def test_the_plan_of_what_was_decided_gives_the_same_bodies(mouth) -> None:
    landscape, _, found, before = mouth
    plan = parse_plan(decided(before, Plan()))
    assert {tooth.fdi for tooth in plan.teeth} == set(DAMAGES)
    again = design.run(landscape, found, DesignSettings(plan=plan))
    for one in before.restorations:
        body, same = (d.shapes[f"restoration_{one.fdi}"] for d in (before, again))
        assert np.array_equal(body.vertices, same.vertices)
        assert (again.restoration(one.fdi).kind, again.restoration(one.fdi).material) == (one.kind, one.material)


@pytest.mark.slow
def test_undoing_every_edit_gives_the_same_bytes(mouth, edited) -> None:
    landscape, _, found, before = mouth
    back = design.run(landscape, found, DesignSettings(), previous=edited)
    assert content_digest(back) == content_digest(before)
