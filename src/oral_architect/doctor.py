"""What is installed, what is missing, and what to type."""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import os
import platform
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import Literal

import oral_architect

Verdict = Literal["ok", "warn", "missing"]

MEMORY_NEEDED_GIB = 4.0
"""A session stays below this; see docs/measurements.md."""
DISK_NEEDED_GIB = 1.0
"""Room for a case and what is written aside while a stage is replaced."""
CORES_NEEDED = 2

_GIB = 1024**3
_IMPORT_NAMES = {
    "embreex": "embreex", "fast-simplification": "fast_simplification", "scikit-image": "skimage", "pillow": "PIL",
}  # fmt: skip
_REQUIREMENT = re.compile(r"(?P<name>[A-Za-z0-9._-]+)\s*(?P<rules>[^;\[]*)(?:;\s*(?P<marker>.*))?")


@dataclass(frozen=True)
class Line:
    """One thing that was looked at."""

    what: str
    found: str
    verdict: Verdict
    todo: str = ""

    def as_dict(self) -> dict[str, str]:
        """Return the form ``--json`` prints."""
        return asdict(self)


def examine() -> list[Line]:
    """Look at everything the program needs."""
    looks: tuple[Callable[[], Iterator[Line]], ...] = (_program, _packages, _data, _machine)
    return [line for look in looks for line in look()]


def _program() -> Iterator[Line]:
    here = ".".join(map(str, sys.version_info[:3]))
    yield Line("oral-architect", oral_architect.__version__, "ok")
    fits = (3, 11) <= sys.version_info[:2] <= (3, 13)
    yield Line(
        "Python", f"{here} on {platform.platform(terse=True)}", "ok" if fits else "warn",
        "" if fits else "Install Python 3.11, 3.12 or 3.13.",
    )  # fmt: skip


def _packages() -> Iterator[Line]:
    """Every package the program requires: there, new enough, and able to load."""
    for requirement in importlib.metadata.requires("oral-architect") or []:
        match = _REQUIREMENT.fullmatch(requirement)
        if match is None or "extra ==" in (match["marker"] or ""):
            continue
        yield _package(match["name"], match["rules"].strip())


def _package(name: str, rules: str) -> Line:
    todo = f"Type: {Path(sys.executable).name} -m pip install '{name}{rules}'"
    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return Line(name, "not installed", "missing", todo)
    if not _is_new_enough(version, rules):
        return Line(name, f"{version}, needed {rules}", "missing", todo)
    try:
        importlib.import_module(_IMPORT_NAMES.get(name, name.replace("-", "_")))
    except (ImportError, OSError) as error:
        return Line(name, f"{version}, but it does not load ({error})", "missing", f"{todo} --force-reinstall")
    return Line(name, version, "ok")


def _is_new_enough(version: str, rules: str) -> bool:
    for rule in rules.split(","):
        least = rule.strip().removeprefix(">=")
        if least != rule.strip() and _numbers(version) < _numbers(least):
            return False
    return True


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version.partition("+")[0])[:3])


def _data() -> Iterator[Line]:
    """The data the program carries: networks, models, tables, the built page, with their digests."""
    root = Path(str(files(oral_architect)))
    for room, pattern, what in (
        ("anatomy", "*.onnx", "tooth network"),
        ("teeth", "*.npz", "tooth shape model"),
        ("reference", "*.csv", "reference tables"),
        ("programme", "*.toml", "technology profiles"),
        ("web", "*.js", "report page"),
    ):
        found = sorted((root / room).rglob(pattern))
        if not found:
            yield Line(what, "not there", "missing", "Install oral-architect again; this part is in the package.")
            continue
        size = sum(path.stat().st_size for path in found) / 1e6
        total = hashlib.sha256(b"".join(hashlib.sha256(path.read_bytes()).digest() for path in found)).hexdigest()
        if len(found) == 1:
            total = hashlib.sha256(found[0].read_bytes()).hexdigest()
        names = found[0].name if len(found) == 1 else f"{len(found)} files"
        yield Line(what, f"{names}, {size:.1f} MB, SHA-256 {total[:16]}…", "ok")


def _machine() -> Iterator[Line]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    enough = cores >= CORES_NEEDED
    yield Line("cores", str(cores), "ok" if enough else "warn", "" if enough else "A session takes longer on one core.")
    memory = _memory_gib()
    enough = memory is None or memory >= MEMORY_NEEDED_GIB
    yield Line(
        "free memory", "unknown" if memory is None else f"{memory:.1f} GiB", "ok" if enough else "warn",
        "" if enough else f"Close other programs; a session may need {MEMORY_NEEDED_GIB:.0f} GiB.",
    )  # fmt: skip
    yield _folder("temporary folder", Path(tempfile.gettempdir()))
    yield _folder("this folder", Path.cwd())


def _folder(what: str, folder: Path) -> Line:
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"oral-architect")
        free = shutil.disk_usage(folder).free / _GIB
    except OSError as error:
        return Line(
            what, f"{folder}: {error.strerror}", "warn", "Work in a folder you may write to (--out, or TMPDIR)."
        )
    enough = free >= DISK_NEEDED_GIB
    return Line(
        what, f"{folder}, {free:.1f} GiB free", "ok" if enough else "warn",
        "" if enough else "Free some space or use another disk.",
    )  # fmt: skip


def _memory_gib() -> float | None:
    """Memory that can be had without swapping; ``None`` where the system does not say."""
    try:
        text = Path("/proc/meminfo").read_text(encoding="ascii")
    except OSError:
        return None
    match = re.search(r"MemAvailable:\s+(\d+) kB", text)
    return int(match[1]) * 1024 / _GIB if match else None
