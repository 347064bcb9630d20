"""``chart`` takes a case, one scan or two, and says what it cannot take."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest
from typer.testing import Result

Run = Callable[..., Result]


def test_a_scan_gives_chart_stills_and_measures(
    oral_architect: Run, quick_rooms: None, scans: tuple[Path, Path], tmp_path: Path
) -> None:
    result = oral_architect("chart", scans[0], "--out", tmp_path / "chart", "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["teeth"] == [16, 17]
    assert told["missing"] == [15]
    assert {Path(f).name for f in told["files"]} >= {"chart.svg", "measures.csv", "measures.json", "occlusal_upper.png"}
    assert all(Path(f).is_file() for f in told["files"])


def test_both_scans_of_a_mouth_stand_in_one_chart(
    oral_architect: Run, quick_rooms: None, scans: tuple[Path, Path], tmp_path: Path
) -> None:
    out = tmp_path / "chart.svg"
    assert oral_architect("chart", *scans, "--out", out, "--title", "Frau Müller").exit_code == 0
    root = Xml.fromstring(out.read_text(encoding="utf-8"))
    assert "Frau Müller" in "".join(root.itertext())
    present = [g for g in root.iter() if {"tooth", "present"} <= set(g.get("class", "").split())]
    assert len(present) == 4


def test_a_case_gives_the_chart_of_its_stored_landscape(oral_architect: Run, case: Path, tmp_path: Path) -> None:
    result = oral_architect("chart", case, "--out", tmp_path / "chart.svg")
    assert result.exit_code == 0, result.output
    assert "4 teeth on the upper and lower arch" in result.stdout


@pytest.mark.parametrize("given", [("nowhere.stl",), ("case", "case"), ("a.stl", "b.stl", "c.stl")])
def test_what_is_not_one_mouth_is_refused_in_words(oral_architect: Run, tmp_path: Path, given: tuple[str, ...]) -> None:
    for name in "abc":
        (tmp_path / f"{name}.stl").write_text("x")
    (tmp_path / "case").mkdir()
    result = oral_architect("chart", *(tmp_path / g for g in given), "--out", tmp_path / "out", "--json")
    assert result.exit_code == 2
    assert json.loads(result.stdout)["todo"]
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_no_case_is_refused(oral_architect: Run, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    result = oral_architect("chart", tmp_path / "folder", "--out", tmp_path / "out")
    assert result.exit_code == 3
    assert "Error" in result.output
