"""``crown`` goes from a scan with a prepared tooth to a closed mesh with its checks, and says what it cannot take."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from typer.testing import Result

from oral_architect.geometry.ply import write_ply
from oral_architect.phantom.patient import Harm, Patient, PhantomSettings
from oral_architect.phantom.patient import run as make_patient
from oral_architect.scan.formats import detect, open_file
from small_patient import FULL

Run = Callable[..., Result]
FDI = 36


@pytest.fixture(scope="module")
def prepared() -> Patient:
    return make_patient(PhantomSettings(seed=3, faces=40_000, form=FULL, harms=(Harm(fdi=FDI),)))


@pytest.fixture(scope="module")
def files(prepared: Patient, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("Krone für Müller")
    paths = folder / "upper.ply", folder / "lower.ply"
    for path, jaw in zip(paths, ("upper", "lower"), strict=True):
        write_ply(path, prepared.shapes[f"{jaw}_scan"])
    return paths


@pytest.mark.slow
def test_a_prepared_tooth_becomes_a_closed_crown_on_its_finish_line(
    oral_architect: Run, prepared: Patient, files: tuple[Path, Path], tmp_path: Path
) -> None:
    upper, lower = files
    out = tmp_path / "out" / "crown.3mf"
    asked = ("crown", lower, "--tooth", FDI, "--antagonist", upper, "--out", out, "--json")
    result = oral_architect(*asked)
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    source = open_file(out)
    read = detect(source).read(source)
    assert read.unit == "mm"
    points = np.asarray(read.vertices)
    to_scan = np.array(prepared.to_scan)
    line = prepared.arrays[f"finish_line_{FDI}"] @ to_scan[:3, :3].T + to_scan[:3, 3]
    assert np.linalg.norm(points.mean(axis=0) - line.mean(axis=0)) < 5.0, "in the frame of the scan"
    checks = json.loads((tmp_path / "out" / "crown.checks.json").read_text(encoding="utf-8"))
    assert {"check", "value", "limit", "unit", "source", "verdict", "at"} <= set(checks[0])
    verdicts = {one["check"]: one["verdict"] for one in checks}
    assert verdicts["watertight"] == "pass"
    assert verdicts["self-intersection"] == "pass"
    assert verdicts["edge against finish line"] == "pass"
    assert told["checks"]["pass"] == sum(one["verdict"] == "pass" for one in checks)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--tooth", 36, "--out", "crown.step"), "'.step' cannot be written"),
        (("--tooth", 99, "--out", "crown.stl"), "99 is not a permanent tooth"),
        (("--tooth", 36, "--out", "crown.stl", "--form", "egg"), "'egg' is no form"),
        (("--tooth", 36, "--out", "crown.stl", "--material", "gold dust"), "no material 'gold dust'"),
        (("--tooth", 36, "--out", "crown.stl", "--at", "1,2"), "'1,2' is no point"),
        (("--tooth", 36, "--out", "crown.stl", "--offer", "egg"), "no form 'egg'"),
        (("--tooth", 36, "--out", "crown.stl", "--antagonist", "not-there.ply"), "no such file"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_read(
    oral_architect: Run, tmp_path: Path, options: tuple[object, ...], said: str
) -> None:
    scan = tmp_path / "scan.ply"
    scan.write_bytes(b"")
    result = oral_architect("crown", scan, *options)
    assert result.exit_code == 2
    assert said in result.stderr
    assert list(tmp_path.iterdir()) == [scan]


@pytest.mark.slow
def test_a_tooth_of_the_other_jaw_is_named_as_such(
    oral_architect: Run, files: tuple[Path, Path], tmp_path: Path
) -> None:
    upper, lower = files
    result = oral_architect("crown", upper, "--tooth", FDI, "--antagonist", lower, "--out", tmp_path / "crown.stl")
    assert result.exit_code == 2
    assert "looks like the upper one" in result.stderr
    assert list(tmp_path.iterdir()) == []
