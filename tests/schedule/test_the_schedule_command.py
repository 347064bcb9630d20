"""``oral-architect schedule``: a plan, its picture, and errors a person can act on."""

from __future__ import annotations

import json

import pytest
from box_tooth import cap, crown, design, landscape
from typer.testing import CliRunner

from oral_architect import programme
from oral_architect.case import Case, Settings
from oral_architect.cli import app
from oral_architect.errors import InputError, SettingsError, StageError
from oral_architect.schedule import SessionPlan

pytest.importorskip("ortools", reason="the order is found by OR-Tools")


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    land = landscape({36: crown(), 45: crown(at=(-20.0, 0.0))})
    made = design({36: cap(), 45: cap(at=(-20.0, 0.0))})
    held = Case.create(tmp_path_factory.mktemp("schedule") / "case")
    held.run_stage("programme", lambda settings: programme.run(land, made), {}, Settings())
    return held.folder


def said(*words, code=0):
    done = CliRunner().invoke(app, ["schedule", *map(str, words), "--json"])
    assert done.exit_code == code, done.output
    return json.loads(done.stdout)


def test_a_plan_and_its_picture_are_written(case, tmp_path):
    told = said(case, "--numb", 36, "--out", tmp_path / "plan.json", "--gantt", tmp_path / "plan.svg")
    plan = SessionPlan.model_validate_json((tmp_path / "plan.json").read_bytes())
    assert plan.session_s == told["session_s"] >= told["bound_s"]
    assert any(step.phase == "numb" for step in plan.steps)
    assert (tmp_path / "plan.svg").read_text(encoding="utf-8").startswith("<svg")


def test_a_late_step_and_a_measured_layer_are_planned_in(case):
    told = said(case, "--late", "36/prepare=2", "--measured", "36/1=0.5")
    assert len(told["changes"]) == 2
    assert "36/deposit/1+" in {step["name"] for step in told["steps"]}


def test_the_plan_is_also_said_in_words(case):
    done = CliRunner().invoke(app, ["schedule", str(case)])
    assert done.exit_code == 0
    assert "36/prepare" in done.stdout
    assert "proved shortest" in done.stdout


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["--late", "36/prepare"], SettingsError.exit_code, "STEP=MINUTES"),
        (["--late", "36/prepare=-1"], SettingsError.exit_code, "minutes above 0"),
        (["--late", "11/prepare=1"], InputError.exit_code, "plan's steps"),
        (["--measured", "36=0.5"], SettingsError.exit_code, "21/3=0.8"),
        (["--minutes", "5"], StageError.exit_code, "s more, or plan fewer teeth"),
    ],
)
def test_what_cannot_be_planned_says_what_to_do(case, words, code, told):
    assert told in said(case, *words, code=code)["todo"]
