from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from oral_architect.case import Case, Document
from oral_architect.errors import CaseError, StageError

from .sample_documents import CountSettings, Source, Sum, add_up, double, read_source

SETTINGS = CountSettings()


@pytest.fixture
def words(tmp_path: Path) -> tuple[Path, Path]:
    upper, lower = tmp_path / "upper.txt", tmp_path / "lower.txt"
    upper.write_text("three small words")
    lower.write_text("and more")
    return upper, lower


class Chain:
    """Three stages that count how often each really runs."""

    def __init__(self, folder: Path, words: tuple[Path, Path]) -> None:
        self.folder, self.words, self.calls = folder, words, []

    def counted(self, name: str, function: Any) -> Any:
        def stage(*given: Any) -> Document:
            self.calls.append(name)
            return function(*given)

        return stage

    def run(self, sum_settings: CountSettings = SETTINGS, seed: int = 0) -> Sum:
        self.calls.clear()
        case = Case.create(self.folder)
        scans = tuple(
            case.run_stage(f"scan_{i}", self.counted(f"scan_{i}", read_source), {"path": path}, SETTINGS)
            for i, path in enumerate(self.words)
        )
        total = case.run_stage("sum", self.counted("sum", add_up), {"scans": scans}, sum_settings)
        return case.run_stage("twice", self.counted("twice", double), {"sum": total}, CountSettings(seed=seed))


@pytest.fixture
def chain(tmp_path: Path, words: tuple[Path, Path]) -> Chain:
    return Chain(tmp_path / "Fall Müller 07", words)


def test_a_stage_without_change_is_not_run_again_and_gives_the_same(chain: Chain) -> None:
    first = chain.run()
    assert chain.calls == ["scan_0", "scan_1", "sum", "twice"]
    assert chain.run().total == first.total
    assert chain.calls == []


def test_a_changed_file_runs_only_what_depends_on_it(chain: Chain) -> None:
    chain.run()
    chain.words[1].write_text("and more words")
    chain.run()
    assert chain.calls == ["scan_1", "sum", "twice"]


def test_a_file_that_was_only_touched_runs_nothing(chain: Chain) -> None:
    chain.run()
    chain.words[0].touch()
    chain.run()
    assert chain.calls == []


def test_changed_settings_run_a_stage_and_those_after_it_only_when_the_result_differs(chain: Chain) -> None:
    chain.run()
    chain.run(CountSettings(factor=2))
    assert chain.calls == ["sum", "twice"]
    chain.run(CountSettings(factor=2, seed=5))
    assert chain.calls == ["sum"], "the seed changes nothing in the sum, so the stage after it stays"


def test_a_changed_seed_runs_a_stage(chain: Chain) -> None:
    chain.run(seed=1)
    chain.run(seed=2)
    assert chain.calls == ["twice"]


def test_other_code_runs_a_stage(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    chain.run()
    monkeypatch.setattr("oral_architect.case.store.code_version", lambda _room: "9.9.9")
    chain.run()
    assert chain.calls == ["scan_0", "scan_1", "sum", "twice"]


def test_a_damaged_result_is_made_again(chain: Chain) -> None:
    chain.run()
    (chain.folder / "sum" / "arrays" / "one.npy").write_bytes(b"damaged")
    chain.run()
    assert chain.calls == ["sum"]
    assert Case.open(chain.folder).verify() == []


def test_a_copy_elsewhere_verifies_and_is_read(chain: Chain, tmp_path: Path) -> None:
    total = chain.run().total
    copy = shutil.copytree(chain.folder, tmp_path / "elsewhere" / "copy")
    shutil.rmtree(chain.folder)
    case = Case.open(copy)
    assert case.verify() == []
    twice = case.load("twice")
    assert isinstance(twice, Sum)
    assert twice.total == total


def test_no_file_of_a_case_holds_an_absolute_path(chain: Chain, tmp_path: Path) -> None:
    chain.run()
    for path in chain.folder.rglob("*.json"):
        assert str(tmp_path) not in path.read_text(encoding="utf-8")


def test_two_cases_of_the_same_input_have_the_same_stage_files(chain: Chain, tmp_path: Path) -> None:
    chain.run()
    other = Chain(tmp_path / "other", chain.words)
    other.run()
    files = [p for p in chain.folder.rglob("*") if p.is_file() and p.parent != chain.folder]
    assert len(files) == 11
    for path in files:
        assert path.read_bytes() == (other.folder / path.relative_to(chain.folder)).read_bytes()


def test_verify_says_what_is_missing_damaged_unknown_and_outdated(chain: Chain) -> None:
    chain.run()
    (chain.folder / "scan_0" / "shapes" / "first.ply").unlink()
    with (chain.folder / "scan_0" / "shapes" / "second.ply").open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"\x07")
    (chain.folder / "notes.txt").write_text("mine")
    (chain.folder / "sum" / "extra.json").write_text("{}")
    case = Case.open(chain.folder)
    case.run_stage("sum", add_up, {"scans": (case.load("scan_1"),)}, SETTINGS)
    (chain.folder / "twice" / "more").write_text("")
    assert {(p.kind, p.where) for p in case.verify()} == {
        ("missing", "scan_0/shapes/first.ply"),
        ("damaged", "scan_0/shapes/second.ply"),
        ("unknown", "notes.txt"),
        ("unknown", "twice/more"),
        ("outdated", "twice"),
    }


def test_a_damaged_file_is_named_when_it_is_read(chain: Chain) -> None:
    chain.run()
    (chain.folder / "scan_0" / "arrays" / "codes.npy").write_bytes(b"")
    with pytest.raises(CaseError, match=r"codes\.npy.*damaged"):
        Case.open(chain.folder).load("scan_0")


def test_the_history_keeps_every_run_with_its_identity(chain: Chain) -> None:
    chain.run()
    chain.run(CountSettings(factor=2, seed=3))
    history = Case.open(chain.folder).manifest.history
    assert [r.stage for r in history] == ["scan_0", "scan_1", "sum", "twice", "sum", "twice"]
    changed = history[4]
    assert changed.identity.seed == 3
    assert changed.identity.settings == {"seed": 3, "factor": 2.0}
    assert changed.identity.inputs["scans[0]"].stage == "scan_0"
    assert changed.identity.inputs["scans[0]"].sha256 == history[0].digest
    assert changed.identity.code.startswith("0.")


def test_digests_are_those_sha256sum_prints(chain: Chain) -> None:
    chain.run()
    record = Case.open(chain.folder).manifest.stages["scan_0"]
    printed = subprocess.run(
        ["sha256sum", "scan_0/scan_0.json"], cwd=chain.folder, capture_output=True, text=True, check=True
    ).stdout
    assert printed.split()[0] == record.run.digest


def test_a_stage_that_fails_leaves_the_last_result_and_a_note(chain: Chain) -> None:
    chain.run()

    def fails(*_given: Any) -> Sum:
        raise StageError("the arches do not meet", where="sum")

    case = Case.open(chain.folder)
    with pytest.raises(StageError):
        case.run_stage("sum", fails, {"scans": (case.load("scan_0"),)}, SETTINGS)
    again = Case.open(chain.folder)
    assert again.manifest.history[-1].status == "failed"
    assert again.manifest.history[-1].error is not None
    assert again.manifest.history[-1].error["what"] == "the arches do not meet"
    assert again.verify() == []
    chain.run()
    assert chain.calls == []


def test_a_stage_of_files_is_kept_whole_and_reused(chain: Chain) -> None:
    chain.run()
    calls = []

    def page(folder: Path) -> None:
        calls.append(folder)
        (folder / "stills").mkdir()
        (folder / "stills" / "a.png").write_bytes(b"png")
        (folder / "report.html").write_text("<p>")

    for _ in range(2):
        case = Case.open(chain.folder)
        folder = case.run_file_stage("report", page, {"sum": case.load("sum")}, SETTINGS, room="web")
        assert (folder / "report.html").read_text() == "<p>"
    assert len(calls) == 1
    assert case.ran["report"].reused
    assert case.verify() == []
    with pytest.raises(CaseError, match="not a document"):
        case.load("report")


def test_observers_do_not_make_a_stage_run_again(chain: Chain) -> None:
    seen = []

    def watched(path: Path, settings: CountSettings, *, progress: Any) -> Source:
        progress("half")
        return read_source(path, settings)

    for watcher in (seen.append, print):
        case = Case.create(chain.folder)
        case.run_stage("scan", watched, {"path": chain.words[0]}, SETTINGS, observers={"progress": watcher})
    assert seen == ["half"]
    assert case.ran["scan"].reused


def test_a_folder_that_is_not_a_case_is_refused(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").write_bytes(b"")
    with pytest.raises(CaseError, match="not a case"):
        Case.open(tmp_path)
    with pytest.raises(CaseError, match="not a case"):
        Case.create(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["holiday.jpg"]


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "case").write_text("")
    with pytest.raises(CaseError, match="file where a folder"):
        Case.create(tmp_path / "case")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"schema_version": 2, "created_by": "oral-architect 3.0"}, r"newer program \(form 2, oral-architect 3.0\)"),
        ({"format": "something"}, "something else"),
        ({"stages": 3}, "damaged"),
        ({"surprise": 1}, "damaged"),
    ],
)
def test_a_manifest_of_another_form_is_refused_in_words(chain: Chain, change: dict[str, Any], said: str) -> None:
    chain.run()
    path = chain.folder / "case.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(CaseError, match=said):
        Case.open(chain.folder)


def test_a_cut_manifest_is_refused_in_words(chain: Chain) -> None:
    chain.run()
    path = chain.folder / "case.json"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(CaseError, match=r"case\.json is damaged"):
        Case.open(chain.folder)


def test_a_document_class_from_elsewhere_is_not_imported(chain: Chain) -> None:
    chain.run()
    path = chain.folder / "case.json"
    path.write_text(path.read_text().replace("sample_documents:Sum", "evil:Sum"))
    with pytest.raises(CaseError, match="does not know"):
        Case.open(chain.folder).load("sum")


@pytest.mark.parametrize("name", ["", "../up", "exports", "Design", ".lock"])
def test_a_stage_name_that_cannot_be_a_folder_is_refused(chain: Chain, name: str) -> None:
    with pytest.raises(CaseError, match="name of a stage"):
        Case.create(chain.folder).run_stage(name, read_source, {"path": chain.words[0]}, SETTINGS)


def test_a_missing_input_file_is_named(chain: Chain, tmp_path: Path) -> None:
    with pytest.raises(CaseError, match=r"gone\.stl.*not there"):
        Case.create(chain.folder).run_stage("scan", read_source, {"path": tmp_path / "gone.stl"}, SETTINGS)


def test_a_stage_that_is_not_there_is_named(chain: Chain) -> None:
    with pytest.raises(CaseError, match="no result of the stage 'design'"):
        Case.create(chain.folder).load("design")


def test_only_one_process_writes(chain: Chain) -> None:
    chain.run()
    program = (
        "import sys, time; from pathlib import Path; from oral_architect.case import Case\n"
        "with Case.open(Path(sys.argv[1])).lock(): print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(chain.folder)], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        try:
            with (
                pytest.raises(CaseError, match=rf"process {other.pid} on .* is writing"),
                Case.open(chain.folder).lock(),
            ):
                pass
            assert Case.open(chain.folder).load("sum") is not None, "reading needs no lock"
        finally:
            other.kill()
    case = Case.open(chain.folder)
    with case.lock():
        assert case.left_by == other.pid


def test_the_lock_can_be_taken_twice_by_its_owner(chain: Chain) -> None:
    case = Case.create(chain.folder)
    with case.lock():
        case.run_stage("scan", read_source, {"path": chain.words[0]}, SETTINGS)
        with pytest.raises(CaseError, match="is writing"), Case.open(chain.folder).lock():
            pass
    with Case.open(chain.folder).lock():
        pass
