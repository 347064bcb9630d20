from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from oral_architect.case import Case
from oral_architect.errors import CaseError, InputError, StageError
from oral_architect.session import restore, simulate

from .fake_rooms import ROOMS, SETTINGS, FakeSettings, findings, write_scans

STAGES = ["scan_upper", "scan_lower", "anatomy", "findings", "design", "programme", "twin", "report"]


def test_two_scans_become_a_report_and_a_case_that_verifies(tmp_path: Path) -> None:
    upper, lower = write_scans(tmp_path)
    result = restore(upper, lower, SETTINGS, tmp_path / "Fall 7 – Müller", rooms=ROOMS)
    assert list(result.ran) == STAGES
    assert "Oberkiefer größer.stl and lower jaw.stl" in result.report.read_text(encoding="utf-8")
    assert (result.report.parent / "stills" / "after.png").is_file()
    assert Case.open(tmp_path / "Fall 7 – Müller").verify() == []


def test_the_answer_has_the_form_other_programs_rely_on(tmp_path: Path) -> None:
    data = restore(*write_scans(tmp_path), SETTINGS, tmp_path / "case", rooms=ROOMS).as_dict()
    assert Path(data["report"]) == tmp_path / "case" / "report" / "report.html"
    assert list(data["seconds"]) == STAGES
    assert data["checks"] == {"pass": 2, "warn": 1, "fail": 0}
    assert list(data["teeth"]) == ["16", "17", "46", "47"]
    assert data["teeth"]["16"] == {
        "confidence": 0.9, "findings": ["cavity"], "restoration": "onlay", "pulp_peak_c": 39.5,
    }  # fmt: skip
    assert data["missing"] == [15, 45]


def test_the_second_session_on_the_same_scans_runs_nothing(tmp_path: Path) -> None:
    scans = write_scans(tmp_path)
    restore(*scans, SETTINGS, tmp_path / "case", rooms=ROOMS)
    before = (tmp_path / "case" / "case.json").read_bytes()
    begun = time.monotonic()
    again = restore(*scans, SETTINGS, tmp_path / "case", rooms=ROOMS)
    assert time.monotonic() - begun < 1.0
    assert all(ran.reused for ran in again.ran.values())
    assert (tmp_path / "case" / "case.json").read_bytes() == before


def test_a_session_that_failed_goes_on_where_it_stopped(tmp_path: Path) -> None:
    scans = write_scans(tmp_path)

    def broken(landscape: Any, found: Any, settings: Any) -> Any:
        raise StageError("no form fits", where="design 16")

    with pytest.raises(StageError, match="no form fits"):
        restore(*scans, SETTINGS, tmp_path / "case", rooms=replace(ROOMS, design=broken))
    result = restore(*scans, SETTINGS, tmp_path / "case", rooms=ROOMS)
    assert [stage for stage, ran in result.ran.items() if ran.reused] == STAGES[:4]


def test_other_settings_of_one_stage_leave_the_stages_before_it(tmp_path: Path) -> None:
    scans = write_scans(tmp_path)
    restore(*scans, SETTINGS, tmp_path / "case", rooms=ROOMS)
    other = replace(SETTINGS, programme=FakeSettings(profile="clinic-2045"))
    result = restore(*scans, other, tmp_path / "case", rooms=ROOMS)
    assert [stage for stage, ran in result.ran.items() if not ran.reused] == ["programme", "twin", "report"]
    assert result.prediction.rate_gap == 40


def test_simulating_again_changes_only_the_plan(tmp_path: Path) -> None:
    restore(*write_scans(tmp_path), SETTINGS, tmp_path / "case", rooms=ROOMS)
    other = replace(SETTINGS, programme=FakeSettings(profile="clinic-2045"))
    result = simulate(tmp_path / "case", settings=other, rooms=ROOMS)
    assert [stage for stage, ran in result.ran.items() if not ran.reused] == ["programme", "twin", "report"]
    assert "40 times" in result.report.read_text(encoding="utf-8")
    assert Case.open(tmp_path / "case").verify() == []


def test_simulating_a_case_without_a_design_says_what_is_missing(tmp_path: Path) -> None:
    Case.create(tmp_path / "case")
    with pytest.raises(CaseError, match="no result of the stage 'anatomy'"):
        simulate(tmp_path / "case", settings=SETTINGS, rooms=ROOMS)


@pytest.mark.parametrize("jaw", ["upper", "lower"])
def test_two_scans_of_the_same_jaw_are_refused(tmp_path: Path, jaw: str) -> None:
    with pytest.raises(InputError, match=f"both scans look like {jaw} arches") as raised:
        restore(*write_scans(tmp_path, jaw, jaw), SETTINGS, tmp_path / "case", rooms=ROOMS)
    assert "lower jaw.stl" in raised.value.where


def test_scans_in_the_other_order_are_understood_and_said(tmp_path: Path) -> None:
    result = restore(*write_scans(tmp_path, "lower", "upper"), SETTINGS, tmp_path / "case", rooms=ROOMS)
    assert any("other order" in words for words in result.warnings)


@pytest.mark.parametrize("jaw", ["upper", "lower"])
def test_one_arch_is_enough_and_the_missing_antagonist_is_said(tmp_path: Path, jaw: str) -> None:
    path, _ = write_scans(tmp_path, jaw)
    result = restore(path, None, SETTINGS, tmp_path / "case", rooms=ROOMS)
    assert "scan_lower" not in result.ran
    assert any("Only one arch" in words for words in result.warnings)


def test_the_same_file_for_both_jaws_is_refused_at_once(tmp_path: Path) -> None:
    path, _ = write_scans(tmp_path)
    with pytest.raises(InputError, match="same file"):
        restore(path, path, SETTINGS, tmp_path / "case", rooms=ROOMS)
    assert not (tmp_path / "case").exists()


def test_a_missing_file_is_refused_before_a_case_is_made(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        restore(tmp_path / "gone.stl", None, SETTINGS, tmp_path / "case", rooms=ROOMS)
    assert not (tmp_path / "case").exists()


class Told:
    def __init__(self) -> None:
        self.events: list[tuple[Any, ...]] = []

    def begin(self, stage: str, words: str) -> None:
        self.events.append(("begin", stage))

    def advance(self, fraction: float, words: str = "") -> None:
        self.events.append(("advance", fraction))

    def end(self, stage: str, seconds: float, *, reused: bool) -> None:
        self.events.append(("end", stage, reused))


def test_progress_hears_every_stage_and_reaches_a_stage_that_takes_it(tmp_path: Path) -> None:
    def telling(landscape: Any, settings: Any, progress: Any = None) -> Any:
        progress.advance(0.5)
        return findings(landscape, settings)

    told = Told()
    restore(*write_scans(tmp_path), SETTINGS, tmp_path / "case", told, rooms=replace(ROOMS, findings=telling))
    assert [event[1] for event in told.events if event[0] == "begin"] == STAGES
    assert [event[1] for event in told.events if event[0] == "end"] == STAGES
    assert ("advance", 0.5) in told.events


def test_a_case_that_another_session_writes_to_is_left_alone(tmp_path: Path) -> None:
    scans = write_scans(tmp_path)
    with Case.create(tmp_path / "case").lock(), pytest.raises(CaseError, match="is writing"):
        restore(*scans, SETTINGS, tmp_path / "case", rooms=ROOMS)
