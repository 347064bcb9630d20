"""A case is designed again with the plan it was edited to; undo gives back what was, byte for byte."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from oral_architect.case import Case
from oral_architect.design import DesignSettings
from oral_architect.design.edits import EditLog
from oral_architect.design.plan import Plan, ToothPlan
from oral_architect.errors import SettingsError
from oral_architect.session import SessionResult, redesign, restore, stored_plan

from . import fake_rooms
from .fake_rooms import ROOMS, SETTINGS, write_scans


def design(landscape: Any, findings: Any, settings: DesignSettings) -> Any:
    """As the small room, with the kind that is planned for the tooth."""
    made = fake_rooms.design(landscape, findings, fake_rooms.FakeSettings())
    one = made.restorations[0]
    kind = settings.plan.tooth(one.fdi).kind or one.kind
    return made.model_copy(update={"restorations": (one.model_copy(update={"kind": kind}),)})


PLANNED = replace(ROOMS, design=design)
WITH_PLAN = replace(SETTINGS, design=DesignSettings())


@pytest.fixture
def case(tmp_path: Path) -> Path:
    restore(*write_scans(tmp_path / "scans"), WITH_PLAN, tmp_path / "case", rooms=PLANNED)
    return tmp_path / "case"


def edited(case: Path, **change: Any) -> SessionResult:
    def apply(log: EditLog, _landscape: Any) -> None:
        for key, value in change.items():
            log.set(key, value, 16)

    return redesign(case, change=apply, rooms=PLANNED)


def test_an_edit_changes_the_design_and_what_follows_and_nothing_before(case: Path) -> None:
    result = edited(case, kind="crown")
    assert result.design.restorations[0].kind == "crown"
    assert next(iter(result.ran)) == "design"
    assert not result.ran["design"].reused
    assert Case.open(case).verify() == []
    assert stored_plan(Case.open(case)).tooth(16).kind == "crown"


def test_undo_gives_back_the_design_byte_for_byte(case: Path) -> None:
    before = (case / "design" / "design.json").read_bytes()
    edited(case, kind="crown")
    assert (case / "design" / "design.json").read_bytes() != before
    redesign(case, change=lambda log, _: log.undo() and None, rooms=PLANNED)
    assert (case / "design" / "design.json").read_bytes() == before


def test_an_edit_that_cannot_be_leaves_the_case_as_it_was(case: Path) -> None:
    before = (case / "case.json").read_bytes()
    with pytest.raises(SettingsError, match="Input should be"):
        edited(case, kind="crwn")
    assert (case / "case.json").read_bytes() == before
    assert stored_plan(Case.open(case)) == Plan()


def test_restore_keeps_the_edited_plan_and_a_new_plan_can_be_undone(case: Path, tmp_path: Path) -> None:
    edited(case, kind="crown")
    scans = write_scans(tmp_path / "scans")
    again = restore(*scans, WITH_PLAN, case, rooms=PLANNED)
    assert again.design.restorations[0].kind == "crown"
    plan = Plan(teeth=(ToothPlan(fdi=16, kind="inlay"),))
    assert restore(*scans, WITH_PLAN, case, plan=plan, rooms=PLANNED).design.restorations[0].kind == "inlay"
    undone = redesign(case, change=lambda log, _: log.undo() and None, rooms=PLANNED)
    assert undone.design.restorations[0].kind == "crown"


def test_an_edit_written_before_the_program_was_killed_counts_when_it_goes_on(case: Path) -> None:
    log = EditLog(case)
    log.begin(Plan())
    log.set("kind", "crown", 16)  # and here the program is killed
    assert redesign(case, rooms=PLANNED).design.restorations[0].kind == "crown"
