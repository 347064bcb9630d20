"""``plan``, ``edit`` and ``restore --plan`` say what is wrong with a plan before anything is run."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

Run = Callable[..., Result]


def test_the_printed_plan_is_a_plan_file_and_names_what_was_decided(oral_architect: Run, case: Path) -> None:
    result = oral_architect("plan", case)
    assert result.exit_code == 0, result.output
    assert "16" in tomllib.loads(result.stdout)["tooth"]
    assert '# kind = "onlay"' in result.stdout, "built up directly and only called so: planned, it would be a piece"


def test_a_plan_with_a_slip_is_refused_with_its_line_and_no_case_is_made(
    oral_architect: Run, quick_rooms: None, scans: tuple[Path, Path], tmp_path: Path
) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text('[tooth.16]\nkidn = "crown"\n', encoding="utf-8")
    result = oral_architect("restore", *scans, "--plan", plan, "--out", tmp_path / "case")
    assert result.exit_code == 2
    assert "plan.toml, line 2: 'kidn' is not known. Did you mean 'kind'?" in result.stderr
    assert not (tmp_path / "case").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "it is not clear what is to be changed"),
        (("--undo", "--redo"), "it is not clear what is to be changed"),
        (("--tooth", 16, "--set", "kind"), "'kind' sets nothing"),
        (("--tooth", 16, "--set", "knd=crown"), "Did you mean 'kind'?"),
        (("--tooth", 38, "--set", "kind=crown"), "there is no tooth 38 on the scans"),
        (("--undo",), "there is nothing to undo"),
        (("--redo",), "there is nothing to redo"),
    ],
)
def test_an_edit_that_cannot_be_is_refused(
    oral_architect: Run, case: Path, options: tuple[object, ...], said: str
) -> None:
    before = (case / "design" / "design.json").read_bytes()
    result = oral_architect("edit", case, *options)
    assert result.exit_code == 2, result.output
    assert said in result.stderr
    assert (case / "design" / "design.json").read_bytes() == before


def test_nothing_edited_is_an_empty_history(oral_architect: Run, case: Path) -> None:
    assert json.loads(oral_architect("edit", case, "--history", "--json").stdout)["edits"] == []
