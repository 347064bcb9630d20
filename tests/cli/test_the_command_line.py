from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trimesh
from typer.testing import Result

import oral_architect as package
from oral_architect.case import Case
from oral_architect.errors import StageError
from oral_architect.session import Rooms

Run = Callable[..., Result]
COMMANDS = [
    "demo", "restore", "crown", "plan", "edit", "segment", "articulate", "chart", "smile", "train", "simulate",
    "export", "verify", "schema", "doctor",
]  # fmt: skip
HEAVY = ("numpy", "scipy", "trimesh", "numba", "pydantic", "rich", "onnxruntime")


def json_of(result: Result) -> dict[str, Any]:
    found = json.loads(result.stdout)
    assert isinstance(found, dict)
    return found


def test_help_names_every_command(oral_architect: Run) -> None:
    said = oral_architect("--help").stdout
    assert all(f"  {command} " in said for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_and_speaks_json(oral_architect: Run, command: str) -> None:
    result = oral_architect(command, "--help")
    assert result.exit_code == 0
    assert "--json" in result.stdout


def test_version_is_said(oral_architect: Run) -> None:
    assert package.__version__ in oral_architect("--version").stdout


def test_help_loads_none_of_the_heavy_libraries() -> None:
    program = f"import sys, oral_architect.cli; print([m for m in {HEAVY} if m in sys.modules])"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "[]"


def test_help_is_there_in_less_than_a_third_of_a_second_of_work() -> None:
    before = os.times()
    subprocess.run([sys.executable, "-m", "oral_architect.cli", "--help"], capture_output=True, check=True)
    after = os.times()
    assert (after.children_user + after.children_system) - (before.children_user + before.children_system) < 0.3


def test_restore_makes_a_case_and_says_where_the_report_is(
    oral_architect: Run, quick_rooms: None, scans: tuple[Path, Path], tmp_path: Path
) -> None:
    result = oral_architect("restore", *scans, "--out", tmp_path / "case")
    assert result.exit_code == 0, result.stdout
    assert str(tmp_path / "case" / "report" / "report.html") in result.stdout
    assert "4 teeth found" in result.stdout
    assert "Checks: 2 pass, 1 warn, 0 fail." in result.stdout
    assert result.stderr == "", "no progress where nobody looks"


def test_restore_with_json_prints_one_object_and_nothing_else(
    oral_architect: Run, quick_rooms: None, scans: tuple[Path, Path], *, tmp_path: Path, fake: Any, monkeypatch: Any
) -> None:
    def chatty(*given: Any) -> Any:
        print("a library talks")  # noqa: T201
        return fake.findings(*given)

    monkeypatch.setattr(Rooms, "of_the_house", classmethod(lambda _cls: replace(fake.ROOMS, findings=chatty)))
    result = oral_architect("restore", *scans, "--out", tmp_path / "case", "--json")
    assert {"case", "report", "seconds", "teeth", "checks"} <= set(json_of(result))
    assert "a library talks" in result.stderr


def test_restore_again_costs_nothing(oral_architect: Run, case: Path, scans: tuple[Path, Path]) -> None:
    data = json_of(oral_architect("restore", *scans, "--out", case, "--json"))
    assert data["reused"] == list(data["seconds"])
    assert sum(data["seconds"].values()) < 1.0


def test_an_unknown_profile_is_refused_with_those_there_are(
    oral_architect: Run, quick_rooms: None, scans: tuple[Path, Path], tmp_path: Path
) -> None:
    result = oral_architect("restore", *scans, "--out", tmp_path / "case", "--profile", "magic")
    assert result.exit_code == 2
    assert "no technology profile 'magic'" in result.stderr
    assert "demonstrated" in result.stderr


def test_simulate_plans_again_with_another_profile(oral_architect: Run, case: Path) -> None:
    data = json_of(oral_architect("simulate", case, "--profile", "clinic-2045", "--json"))
    assert data["rate_gap"] == 40
    assert [stage for stage in data["seconds"] if stage not in data["reused"]] == ["programme", "twin", "report"]
    again = json_of(oral_architect("simulate", case, "--json"))
    assert again["rate_gap"] == 40, "without a profile, the one last used"
    assert again["reused"] == list(again["seconds"])


def test_verify_says_that_a_case_is_whole(oral_architect: Run, case: Path) -> None:
    result = oral_architect("verify", case)
    assert result.exit_code == 0
    assert "The case is whole: 8 stages" in result.stdout


def test_verify_names_what_is_damaged_and_ends_with_another_code(oral_architect: Run, case: Path) -> None:
    (case / "design" / "shapes" / "restored_16.ply").write_bytes(b"")
    result = oral_architect("verify", case, "--json")
    assert result.exit_code == 3
    data = json_of(result)
    assert data["ok"] is False
    assert data["problems"] == [
        {"where": "design/shapes/restored_16.ply", "what": "has been changed or is damaged", "kind": "damaged"}
    ]


def test_verify_of_a_folder_that_is_no_case_says_so(oral_architect: Run, tmp_path: Path) -> None:
    result = oral_architect("verify", tmp_path)
    assert result.exit_code == 3
    assert "not a case" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("form", ["stl", "ply"])
def test_export_writes_every_shape_in_mm(oral_architect: Run, case: Path, form: str) -> None:
    files = json_of(oral_architect("export", case, "--to", form, "--json"))["files"]
    assert {Path(path).name for path in files} == {
        f"{name}.{form}" for name in ("upper", "lower", "restoration_16", "restored_16")
    }
    assert trimesh.load_mesh(files[0]).extents.tolist() == pytest.approx([9, 9, 9])
    assert Case.open(case).verify() == [], "what people export is not part of the case, and no problem"


def test_export_as_one_scene_in_metres_with_up_as_gltf_wants(oral_architect: Run, case: Path, tmp_path: Path) -> None:
    assert oral_architect("export", case, "--to", "glb", "--out", tmp_path / "für andere").exit_code == 0
    scene = trimesh.load_scene(tmp_path / "für andere" / "case.glb")
    assert set(scene.geometry) == {"upper", "lower", "restoration_16", "restored_16"}
    assert scene.bounds.tolist() == [pytest.approx([0, 0, -0.009]), pytest.approx([0.009, 0.009, 0])]


def test_segment_gives_a_number_for_every_vertex_of_the_file(
    oral_architect: Run, quick_rooms: None, scans: tuple[Path, Path], tmp_path: Path
) -> None:
    out = tmp_path / "labels.json"
    assert oral_architect("segment", scans[0], "--out", out).exit_code == 0
    assert json.loads(out.read_text()) == {
        "jaw": "upper",
        "labels": [17, 17, 0, 16, 0],
        "instances": [2, 2, 0, 1, 0],
        "confidence": {"16": 0.9, "17": 0.9},
        "check": [],
        "kinds": {"16": "permanent", "17": "permanent"},
    }
    printed = json_of(oral_architect("segment", scans[0], "--json"))
    assert printed == json.loads(out.read_text())


def test_segment_of_many_goes_on_after_one_that_cannot_be_used(
    oral_architect: Run, quick_rooms: None, scans: tuple[Path, Path], *, tmp_path: Path, fake: Any, monkeypatch: Any
) -> None:
    def picky(path: Path) -> Any:
        if "größer" in path.name:
            raise StageError("this is a cat", where=path.name)
        return fake.read(path)

    monkeypatch.setattr("oral_architect.segmentation.house_rooms", lambda _model: (picky, fake.find))
    result = oral_architect("segment", *scans, "--out", tmp_path / "labels", "--json")
    assert result.exit_code == StageError.exit_code
    data = json_of(result)
    assert [Path(done["file"]).name for done in data["files"]] == ["lower jaw.json"]
    assert [failed["what"] for failed in data["failed"]] == ["this is a cat"]


def test_segment_without_a_place_for_the_labels_says_what_to_give(
    oral_architect: Run, scans: tuple[Path, Path]
) -> None:
    result = oral_architect("segment", *scans)
    assert result.exit_code == 2
    assert "Give --out" in result.stderr


def test_segment_refuses_two_scans_that_would_give_one_file(oral_architect: Run, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.ply").write_text("upper")
    result = oral_architect("segment", tmp_path / "a" / "x.ply", tmp_path / "b" / "x.ply", "--out", tmp_path / "c")
    assert result.exit_code == 2
    assert "x.json" in result.stderr


def test_an_error_with_json_is_an_object_that_says_what_where_and_what_to_do(
    oral_architect: Run, quick_rooms: None, tmp_path: Path
) -> None:
    result = oral_architect("restore", tmp_path / "gone.stl", "--out", tmp_path / "case", "--json")
    assert result.exit_code == 2
    assert json_of(result) == {
        "error": "InputError",
        "what": "there is no such file.",
        "where": str(tmp_path / "gone.stl"),
        "todo": "Check the path.",
    }


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (StageError("no form fits", where="tooth 16", todo="Design it by hand"), 5, "tooth 16: no form fits. Design"),
        (MemoryError(), 70, "not enough memory"),
        (ZeroDivisionError("division by zero"), 70, "fault of the program: ZeroDivisionError: division by zero"),
        (KeyboardInterrupt(), 130, "Finished stages are kept"),
    ],
)
def test_every_failure_is_one_plain_sentence_and_a_code(
    oral_architect: Run,
    quick_rooms: None,
    scans: tuple[Path, Path],
    *,
    tmp_path: Path,
    fake: Any,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    code: int,
    said: str,
) -> None:
    def fails(*_given: Any) -> Any:
        raise error

    monkeypatch.setattr(Rooms, "of_the_house", classmethod(lambda _cls: replace(fake.ROOMS, design=fails)))
    result = oral_architect("restore", *scans, "--out", tmp_path / "case")
    assert result.exit_code == code
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert "Traceback" in oral_architect("restore", *scans, "--out", tmp_path / "case", "--debug").stderr
    assert Case.open(tmp_path / "case").verify() == []


def test_schemas_of_all_documents_are_published(oral_architect: Run, tmp_path: Path) -> None:
    assert oral_architect("schema", "--out", tmp_path).exit_code == 0
    names = {path.name.removesuffix(".schema.json") for path in tmp_path.iterdir()}
    assert {"Case", "Scan", "Landscape", "Findings", "Design", "Programme", "Prediction"} <= names
    one = json_of(oral_architect("schema", "Landscape", "--json"))
    assert one == json.loads((tmp_path / "Landscape.schema.json").read_text())
    assert one["$schema"].endswith("2020-12/schema")
    assert {"arches", "teeth", "shapes", "arrays"} <= set(one["properties"])


def test_an_unknown_schema_is_refused_with_those_there_are(oral_architect: Run) -> None:
    result = oral_architect("schema", "Poem")
    assert result.exit_code == 2
    assert "Landscape" in result.stderr


def test_the_stored_documents_have_the_keys_their_schema_says(oral_architect: Run, case: Path) -> None:
    for stage, name in {"scan_upper": "Scan", "anatomy": "Landscape", "design": "Design", "twin": "Prediction"}.items():
        schema = json_of(oral_architect("schema", name, "--json"))
        stored = json.loads((case / stage / f"{stage}.json").read_text(encoding="utf-8"))
        assert set(schema["required"]) <= set(stored) <= set(schema["properties"])


def test_ctrl_c_ends_with_a_sentence_and_a_case_that_verifies(scans: tuple[Path, Path], tmp_path: Path) -> None:
    program = f"""
import signal, sys, time
# a job in the background of a shell is born deaf to Ctrl-C
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.path.insert(0, {str(Path(__file__).parent.parent / "session")!r})
sys.path.insert(0, {str(Path(__file__).parent.parent)!r})
from session import fake_rooms
from dataclasses import replace
from oral_architect import cli
from oral_architect.session import Rooms, SessionSettings
def slow(*given):
    print("ready", file=sys.stderr, flush=True)
    time.sleep(60)
Rooms.of_the_house = classmethod(lambda cls: replace(fake_rooms.ROOMS, twin=slow))
SessionSettings.of_the_house = classmethod(lambda cls: fake_rooms.SETTINGS)
sys.argv[0] = "oral-architect"
cli.main()
"""
    command = [sys.executable, "-c", program, "restore", *map(str, scans), "--out", str(tmp_path / "case")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=30)[1]
    assert process.returncode == 130
    assert said == "Stopped. Finished stages are kept; the same command goes on from there.\n"
    case = Case.open(tmp_path / "case")
    assert case.verify() == []
    assert case.manifest.history[-1].status == "interrupted"
    assert case.has("programme")


def test_progress_is_shown_on_a_terminal_and_only_on_stderr(scans: tuple[Path, Path], tmp_path: Path) -> None:
    pty = pytest.importorskip("pty")
    program = (
        "from oral_architect.commands.terminal import progress\n"
        "with progress(silent=False) as told:\n"
        "    told.begin('anatomy', 'Finding teeth'); told.advance(0.5, 'half')\n"
        "    told.end('anatomy', 1.0, reused=False)\n"
        "print('done')"
    )
    ours, theirs = pty.openpty()
    with subprocess.Popen([sys.executable, "-c", program], stderr=theirs, stdout=subprocess.PIPE) as process:
        os.close(theirs)
        assert process.communicate(timeout=30)[0] == b"done\n"
    deadline, shown = time.monotonic() + 5, b""
    while time.monotonic() < deadline:
        try:
            block = os.read(ours, 4096)
        except OSError:
            break
        if not block:
            break
        shown += block
    os.close(ours)
    assert b"Finding teeth" in shown
