from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from oral_architect import doctor

Run = Callable[..., Result]


def line(what: str) -> doctor.Line:
    return next(line for line in doctor.examine() if line.what == what)


def test_it_looks_at_every_package_the_program_requires() -> None:
    required = [r for r in importlib.metadata.requires("oral-architect") or [] if "extra ==" not in r]
    looked_at = {line.what for line in doctor.examine()}
    assert len(required) > 10
    assert all(any(r.startswith(name) for name in looked_at) for r in required)


def test_it_says_all_in_json(oral_architect: Run) -> None:
    result = oral_architect("doctor", "--json")
    data: dict[str, Any] = json.loads(result.stdout)
    assert {"oral-architect", "Python", "numpy", "cores", "free memory", "temporary folder", "this folder"} <= {
        line["what"] for line in data["lines"]
    }
    assert result.exit_code == (0 if data["ok"] else 6)


def test_a_missing_package_is_said_with_what_to_type(oral_architect: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "requires", lambda _name: ["no-such-package>=3", "torch; extra == 'train'"])
    result = oral_architect("doctor")
    assert result.exit_code == 6
    assert "-m pip install 'no-such-package>=3'" in result.stdout
    assert "torch" not in result.stdout


@pytest.mark.parametrize(("rules", "verdict"), [(">=99", "missing"), (">=1.26", "ok"), ("", "ok"), (">=1,<9", "ok")])
def test_a_package_that_is_too_old_counts_as_missing(rules: str, verdict: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "requires", lambda _name: [f"numpy{rules}"])
    assert line("numpy").verdict == verdict


def test_a_package_that_does_not_load_is_said_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_name: str) -> None:
        raise ImportError("libGL.so.1 is not there")

    monkeypatch.setattr(doctor.importlib, "import_module", broken)
    found = line("numpy")
    assert found.verdict == "missing"
    assert "libGL" in found.found


def test_data_is_named_with_its_digest() -> None:
    found = line("tooth shape model")
    assert found.verdict == "ok"
    assert "SHA-256" in found.found


def test_missing_data_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(doctor, "files", lambda _package: tmp_path)
    assert line("tooth network").verdict == "missing"


def test_a_temporary_folder_that_cannot_be_written_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(doctor.tempfile, "gettempdir", lambda: str(tmp_path / "gone"))
    found = line("temporary folder")
    assert found.verdict == "warn"
    assert "TMPDIR" in found.todo


def test_little_memory_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_memory_gib", lambda: 1.5)
    assert line("free memory").verdict == "warn"
