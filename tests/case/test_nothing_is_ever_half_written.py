"""Power cuts, killed processes, full and read-only disks: the case is always the one before or the one after."""

from __future__ import annotations

import errno
import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oral_architect.case import Case, disk
from oral_architect.errors import CaseError

from .sample_documents import CountSettings, Source, read_source

OLD, NEW = CountSettings(factor=1), CountSettings(factor=2)
HERE = Path(__file__).parent

KILLED_AT = textwrap.dedent("""
    # writes a stage with new settings; dies at the n-th touch of the disk
    import os, signal, sys
    from pathlib import Path
    sys.path.insert(0, sys.argv[1])
    from case.sample_documents import CountSettings, read_source
    from oral_architect.case import Case, disk

    touches = 0
    def dying(name):
        function = getattr(disk, name)
        def touch(*arguments):
            global touches
            for half in ("before", "after"):
                touches += 1
                if touches == int(sys.argv[4]):
                    os.kill(os.getpid(), signal.SIGKILL)
                if half == "before":
                    result = function(*arguments)
            return result
        setattr(disk, name, touch)

    for name in ("sync_file", "move", "remove_tree", "sync_folder"):
        dying(name)
    case = Case.create(Path(sys.argv[2]))
    case.run_stage("scan", read_source, {"path": Path(sys.argv[3])}, CountSettings(factor=2))
    print(touches)
""")


@pytest.fixture
def words(tmp_path: Path) -> Path:
    path = tmp_path / "words.txt"
    path.write_text("some words")
    return path


def run(folder: Path, words: Path, settings: CountSettings) -> Source:
    return Case.create(folder).run_stage("scan", read_source, {"path": words}, settings)


def content(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.name != ".lock"}


def die_at(touch: int, folder: Path, words: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", KILLED_AT, str(HERE.parent), str(folder), str(words), str(touch)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.slow
@pytest.mark.parametrize("there_before", [True, False])
def test_a_process_killed_at_any_step_leaves_a_case_that_opens_and_resumes(
    tmp_path: Path, words: Path, there_before: bool
) -> None:
    touch = 0
    while True:
        touch += 1
        folder = tmp_path / f"case {touch}"
        if there_before:
            run(folder, words, OLD)
        died = die_at(touch, folder, words)
        _check_after_death(folder, words, there_before)
        if died.returncode == 0:
            break
        assert died.returncode == -signal.SIGKILL, died.stderr
    assert touch > 25, "every step was reached"


@pytest.mark.parametrize("there_before", [True, False])
def test_a_process_killed_at_a_random_step_leaves_a_case_that_opens_and_resumes(
    tmp_path: Path, words: Path, there_before: bool
) -> None:
    rng = random.Random(1)
    for trial in range(4):
        folder = tmp_path / f"case {trial}"
        if there_before:
            run(folder, words, OLD)
        died = die_at(rng.randint(1, 25), folder, words)
        assert died.returncode == -signal.SIGKILL, died.stderr
        _check_after_death(folder, words, there_before)


def _check_after_death(folder: Path, words: Path, there_before: bool) -> None:
    if there_before:
        reader = Case.open(folder)
        assert not any(problem.is_loss for problem in reader.verify())
        assert _factor(reader) in (1, 2)
    elif (folder / "case.json").exists():
        assert not any(problem.is_loss for problem in Case.open(folder).verify())
    resumed = run(folder, words, NEW)
    assert resumed.arrays["codes"][0] == 2 * ord("s")
    case = Case.open(folder)
    assert case.verify() == []
    assert _factor(case) == 2
    with case.lock():
        pass  # the next writer clears up
    assert {p.name for p in folder.iterdir()} == {"case.json", "scan", ".lock"}, "nothing is left lying about"


def _factor(case: Case) -> int:
    return int(case.load("scan").arrays["codes"][0]) // ord("s")


def test_a_process_killed_at_a_random_time_leaves_a_case_that_opens_and_resumes(tmp_path: Path, words: Path) -> None:
    program = textwrap.dedent("""
        import sys; from pathlib import Path
        sys.path.insert(0, sys.argv[1])
        from case.sample_documents import CountSettings, read_source
        from oral_architect.case import Case
        case = Case.create(Path(sys.argv[2]))
        for seed in range(100000):
            case.run_stage("scan", read_source, {"path": Path(sys.argv[3])}, CountSettings(seed=seed))
            print(seed, flush=True)
    """)
    rng, folder = random.Random(2), tmp_path / "case"
    for _ in range(3):
        command = [sys.executable, "-c", program, str(HERE.parent), str(folder), str(words)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            time.sleep(rng.uniform(0, 0.05))
            writer.kill()
        assert not any(problem.is_loss for problem in Case.open(folder).verify())
        assert _factor(Case.open(folder)) == 1
    run(folder, words, NEW)
    assert Case.open(folder).verify() == []


class FullDisk:
    """Takes a number of touches, then has no space left, as a disk does, for files and folders alike."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, error: int = errno.ENOSPC) -> None:
        self.left: float = float("inf")
        for name in ("write_file", "sync_tree", "move", "replace_file"):
            monkeypatch.setattr(disk, name, self._limited(getattr(disk, name), error))

    def _limited(self, function: Any, error: int) -> Any:
        def touch(*arguments: Any) -> Any:
            self.left -= 1
            if self.left < 0:
                raise OSError(error, os.strerror(error))
            return function(*arguments)

        return touch


@pytest.mark.parametrize("there_before", [True, False])
def test_a_disk_that_gets_full_at_any_step_leaves_what_was_there(
    tmp_path: Path, words: Path, there_before: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = FullDisk(monkeypatch)
    for touches in range(30):
        full.left = float("inf")
        folder = tmp_path / f"case {touches}"
        Case.create(folder)
        if there_before:
            run(folder, words, OLD)
        before = content(folder)
        full.left = touches
        said = _words_of_failure(folder, words)
        if said is None:
            break
        assert "disk is full. Free some space" in said
        full.left = float("inf")
        assert _cleared_up(folder) == before
        run(folder, words, NEW)
        assert Case.open(folder).verify() == []
    assert 5 < touches < 29


def _words_of_failure(folder: Path, words: Path) -> str | None:
    try:
        run(folder, words, NEW)
    except CaseError as error:
        return str(error)
    return None


def _cleared_up(folder: Path) -> dict[str, bytes]:
    """What is in the case once the next writer has cleared up."""
    with Case.open(folder).lock():
        return content(folder)


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "tiny disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting needs more rights than this user has")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_truly_full_disk_keeps_the_last_result(tiny_disk: Path, words: Path) -> None:
    def large(path: Path, settings: CountSettings) -> Source:
        return Source(text="x", arrays={"codes": np.arange(100_000)})

    folder = tiny_disk / "case"
    run(folder, words, OLD)
    with pytest.raises(CaseError, match="disk is full"):
        Case.open(folder).run_stage("scan", large, {"path": words}, NEW)
    case = Case.open(folder)
    assert case.verify() == []
    assert _factor(case) == 1
    run(folder, words, NEW)
    assert _factor(Case.open(folder)) == 2


def test_a_case_on_a_read_only_disk_is_read_and_says_that_it_cannot_be_written(tiny_disk: Path, words: Path) -> None:
    folder = tiny_disk / "case"
    run(folder, words, OLD)
    subprocess.run(["mount", "-o", "remount,ro", str(tiny_disk)], check=True)
    assert run(folder, words, OLD).text == "some words", "nothing has changed, so nothing is written"
    with pytest.raises(CaseError, match="only be read"):
        run(folder, words, NEW)
    with pytest.raises(CaseError, match="only be read"):
        Case.create(tiny_disk / "other")
    assert Case.open(folder).verify() == []


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (errno.ENOSPC, "disk is full"),
        (errno.EDQUOT, "disk is full"),
        (errno.EROFS, "only be read"),
        (errno.EACCES, "not allowed"),
        (errno.EIO, "the disk reports"),
    ],
)
def test_what_the_system_says_is_put_in_words(code: int, said: str, tmp_path: Path) -> None:
    with pytest.raises(CaseError, match=said) as raised, disk.explained(tmp_path):
        raise OSError(code, os.strerror(code))
    assert raised.value.todo
    assert raised.value.where == str(tmp_path)
