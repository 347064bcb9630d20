"""A planned table-top or inlay on a tooth that nobody ground is a body of its own, with border and gap."""

from __future__ import annotations

import numpy as np
import pytest

from oral_architect import design
from oral_architect.design import DesignSettings
from oral_architect.design.bodies import crossings
from oral_architect.design.plan import Plan, ToothPlan
from oral_architect.geometry.closest import Surface

KINDS = {16: "tabletop", 25: "inlay"}


def planned(mouth, *teeth: ToothPlan) -> design.Design:
    landscape, _, found, _ = mouth
    settings = DesignSettings(teeth=tuple(one.fdi for one in teeth), plan=Plan(teeth=teeth))
    return design.run(landscape, found, settings)


@pytest.fixture(scope="module")
def pieces(mouth):
    return planned(mouth, *(ToothPlan(fdi=fdi, kind=kind, policy="reduce") for fdi, kind in KINDS.items()))


def verdicts(one: design.Restoration) -> dict[str, str]:
    return {check.check: check.verdict for check in one.checks}


@pytest.mark.parametrize("fdi", KINDS)
def test_a_piece_is_a_closed_body_that_comes_off_along_its_axis(pieces, fdi: int) -> None:
    one = pieces.restoration(fdi)
    assert one.kind == KINDS[fdi]
    assert one.preparation is not None
    assert len(crossings(pieces.shapes[f"restoration_{fdi}"])) == 0
    told = verdicts(one)
    for name in ("watertight", "self-intersection", "insertion undercut", "edge against finish line"):
        assert told[name] == "pass"


@pytest.mark.parametrize("fdi", KINDS)
def test_a_piece_ends_in_its_border_and_lies_on_the_tooth(mouth, pieces, fdi: int) -> None:
    crown, body = mouth[0].crown(fdi), pieces.shapes[f"restoration_{fdi}"]
    line = pieces.arrays[f"finish_line_{fdi}"]
    assert Surface(crown).nearest(line).distance_mm.max() < 1e-6
    assert np.percentile(Surface(body).nearest(line).distance_mm, 95) < 0.02
    # nothing of it lies in the tooth, but for what averaging the border over the scan's noise leaves beside it
    into = -Surface(crown).signed_distance_mm(body.vertices)
    assert np.percentile(into, 99) < 0.03


def test_a_table_top_covers_what_was_worn(mouth, pieces) -> None:
    landscape, _, found, _ = mouth
    crown = landscape.crown(16)
    lost = np.asarray(found.arrays["defect_16"]) > 0
    body = Surface(pieces.shapes["restoration_16"])
    assert np.mean(body.nearest(crown.vertices[lost]).distance_mm < 0.15) > 0.95


def test_a_wall_that_is_too_thin_follows_the_policy(mouth, pieces) -> None:
    one = pieces.restoration(16)
    assert one.policy == "reduce"
    assert any("Reduce the preparation by up to" in note for note in one.notes)
    refused = planned(mouth, ToothPlan(fdi=16, kind="tabletop", policy="refuse"))
    assert refused.restorations == ()
    assert any("Tooth 16" in words and "Refused" in words for words in refused.skipped)


def test_a_piece_that_cannot_be_made_is_built_directly_and_says_why(mouth) -> None:
    into_the_root = tuple(-x for x in mouth[0].tooth(16).axes[2])
    one = planned(mouth, ToothPlan(fdi=16, kind="onlay", insertion_axis=into_the_root)).restoration(16)
    assert one.preparation is None
    failed = next(check for check in one.checks if check.check == "piece")
    assert failed.verdict == "fail"
    assert failed.note
    assert any("built up directly" in note for note in one.notes)
