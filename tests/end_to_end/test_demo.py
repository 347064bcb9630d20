"""The main job on a small patient whose truth is known, through every real room."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from oral_architect.case import Case
from oral_architect.demo import DemoResult, demo
from oral_architect.phantom.patient import run
from oral_architect.session import SessionSettings, restore
from small_patient import HARMS, SETTINGS

pytestmark = pytest.mark.slow


def go(folder: Path) -> DemoResult:
    return demo(3, folder, SessionSettings.of_the_house(), patient_stage=run, patient_settings=SETTINGS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "case"


@pytest.fixture(scope="module")
def result(folder: Path) -> DemoResult:
    return go(folder)


def test_every_harmed_tooth_is_found(result: DemoResult) -> None:
    found = {item.fdi for item in result.session.findings.items}
    assert {h.fdi for h in HARMS} <= found
    assert result.comparison.harmed == tuple(sorted(h.fdi for h in HARMS))


def test_every_tooth_has_its_number(result: DemoResult) -> None:
    for arch in result.comparison.arches:
        assert arch.jaw == arch.jaw_found
        assert (arch.missed, arch.extra) == ((), ())
        assert arch.vertex_accuracy >= 0.93


def test_restored_teeth_are_the_intact_ones_within_a_quarter_millimetre(result: DemoResult) -> None:
    told = {r.fdi: r for r in result.comparison.restorations}
    assert {h.fdi for h in HARMS} <= set(told)
    for one in told.values():
        assert one.rms_mm <= 0.25, one
        assert one.watertight, one


def test_the_report_needs_nothing_else(result: DemoResult) -> None:
    page = result.session.report.read_text(encoding="utf-8")
    assert len(page) > 100_000
    outside = re.findall(r"""<(?:script|link|img|iframe)\b[^>]*?(?:src|href)=["'](?!data:|#)([^"']+)""", page)
    assert outside == []
    assert any((result.session.report.parent / "stills").glob("*.png"))


def test_running_again_costs_nothing(result: DemoResult, folder: Path) -> None:
    begun = time.process_time()
    again = go(folder)
    assert time.process_time() - begun < 10
    assert all(ran.reused for ran in again.session.ran.values())
    assert Case.open(folder).verify() == []


def test_a_killed_run_leaves_a_case_that_opens_and_resumes(result: DemoResult, folder: Path, tmp_path: Path) -> None:
    scans = [folder / "scanner" / name for name in ("upper.ply", "lower.stl")]
    case = tmp_path / "killed"
    command = [sys.executable, "-m", "oral_architect.cli", "restore", *map(str, scans), "--out", str(case)]
    with subprocess.Popen(command, env=dict(os.environ), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
        while run.poll() is None and not (case / "scan_upper").exists():
            time.sleep(0.05)
        run.send_signal(signal.SIGKILL)
    assert run.returncode == -signal.SIGKILL
    assert not any(problem.is_loss for problem in Case.open(case).verify())
    resumed = restore(scans[0], scans[1], SessionSettings.of_the_house(), case)
    assert resumed.ran["scan_upper"].reused
    assert Case.open(case).verify() == []
