"""``smile`` takes a case, writes sheet, measures and stills, and says what it cannot take."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest
from typer.testing import CliRunner, Result

from oral_architect.anatomy.document import Landscape
from oral_architect.case import Case, Settings
from oral_architect.cli import app
from oral_architect.design.aesthetics import preview as preview_room
from oral_architect.design.document import Design

from .mouths import restored, shortened, symmetric


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(a) for a in arguments])


@pytest.fixture
def small_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    look = {**preview_room._look(), "size_px": [160, 100]}
    monkeypatch.setattr(preview_room, "_look", lambda: look)
    monkeypatch.setattr(preview_room, "OCCLUSION_RAYS", 0)
    monkeypatch.setattr(preview_room, "SAMPLES", 1)


def made(folder: Path, landscape: Landscape, design: Design | None) -> Path:
    case = Case.create(folder)
    case.run_stage("anatomy", lambda settings: landscape, {}, Settings())
    if design is not None:
        case.run_stage("design", lambda settings: design, {}, Settings())
    return folder


@pytest.fixture
def case(tmp_path: Path) -> Path:
    worn = shortened(symmetric(), 21, 1.0)
    return made(tmp_path / "Fall 7", worn, restored(worn, symmetric(), 21))


def test_a_designed_smile_is_measured_drawn_and_shown(small_pictures: None, case: Path, tmp_path: Path) -> None:
    out = tmp_path / "smile"
    result = run("smile", case, "--out", out, "--shades", "demo", "--shade", "74,1,19", "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["restored"] == [21]
    assert {Path(f).name for f in told["files"]} >= {"smile.svg", "before.json", "after.json", "preview.json"}
    assert all(Path(f).is_file() for f in told["files"])
    before, after = (
        next(o["value"] for o in told[k] if (o["name"], o["teeth"]) == ("edge_asymmetry", [11, 21]))
        for k in ("before", "observations")
    )
    assert before == pytest.approx(1.0, abs=0.1)
    assert after == pytest.approx(0.0, abs=1e-6)
    assert told["shade"]["synthetic"]
    assert [p["fdi"] for p in told["layering"]] == [21]
    assert "Fall 7" in "".join(Xml.fromstring((out / "smile.svg").read_text(encoding="utf-8")).itertext())


def test_a_mouth_without_a_design_is_measured_as_scanned(tmp_path: Path) -> None:
    folder = made(tmp_path / "case", shortened(symmetric(), 21, 1.0), None)
    result = run("smile", folder, "--out", tmp_path / "smile")
    assert result.exit_code == 0, result.output
    assert "Look at: difference in level between the central incisor edges" in result.stdout
    assert not (tmp_path / "smile" / "preview").exists()


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        (["--photo", "smile.jpg"], 2, "points"),
        (["--points", "nowhere.json"], 2, "points file"),
        (["--shade", "74,1,19"], 2, "table and a colour"),
        (["--shades", "demo", "--shade", "white"], 2, "no colour"),
        (["--shades", "demo", "--shade", "74,1"], 2, "no colour"),
        (["--shades", "nowhere.csv", "--shade", "74,1,19"], 2, "cannot be read"),
    ],
)
def test_what_cannot_be_used_is_refused_and_nothing_written(
    case: Path, tmp_path: Path, more: list[str], code: int, said: str
) -> None:
    result = run("smile", case, "--out", tmp_path / "out", "--json", *more)
    assert result.exit_code == code, result.output
    told = json.loads(result.stdout)
    assert said in told["what"]
    assert told["todo"]
    assert not (tmp_path / "out").exists()


def test_what_is_no_case_is_refused(tmp_path: Path) -> None:
    result = run("smile", tmp_path / "nowhere", "--out", tmp_path / "out")
    assert result.exit_code == 2
    (tmp_path / "folder").mkdir()
    assert run("smile", tmp_path / "folder", "--out", tmp_path / "out").exit_code == 3


def test_a_lower_arch_alone_is_refused_in_words(tmp_path: Path) -> None:
    whole = symmetric()
    back = whole.model_copy(update={"teeth": tuple(t for t in whole.teeth if t.fdi % 10 > 3)})
    result = run("smile", made(tmp_path / "case", back, None), "--out", tmp_path / "out")
    assert result.exit_code == 5
    assert "front tooth" in result.output
