"""Where the folders of the stages lie while they are written, kept, replaced and put back.

A new result is written in ``.writing/<stage>``. Then the old one goes to ``.aside/<stage>``, the new one to
``<stage>``, and ``case.json`` is replaced: only this last step makes the new result count. Whatever stops the
program in between, the result the manifest speaks of is still there, in one of two places.
"""

from __future__ import annotations

import re
from pathlib import Path

from oral_architect.case import disk
from oral_architect.case.lock import LOCK_FILE
from oral_architect.case.manifest import MANIFEST_FILE, Manifest, Problem, StageRecord
from oral_architect.errors import CaseError

WRITING = ".writing"
ASIDE = ".aside"
EXPORTS = "exports"
"""A folder of the case that people fill; the manifest does not speak of it."""
EDITS_FILE = "edits.jsonl"
"""What a person changed in the plan, line by line; it has its own chain of digests."""

_STAGE_NAME = re.compile(r"[a-z][a-z0-9_]{0,49}")
_OURS = {LOCK_FILE, MANIFEST_FILE, f".{MANIFEST_FILE}.new", WRITING, ASIDE, EXPORTS, EDITS_FILE}


class StageFolders:
    """The folders of one case."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def prepare(self, stage: str) -> Path:
        """Return the folder, not there yet, a new result is to be written into.

        Raises
        ------
        CaseError
            When the name cannot be that of a stage, or the place cannot be cleared.
        """
        if not _STAGE_NAME.fullmatch(stage) or stage == EXPORTS:
            raise CaseError(f"'{stage}' cannot be the name of a stage.", where=str(self._root))
        target = self._root / WRITING / stage
        with disk.explained(self._root):
            disk.remove_tree(target)
            target.parent.mkdir(exist_ok=True)
        return target

    def put(self, stage: str) -> None:
        """Put the written result in place; the one before lies aside until :meth:`forget_previous`."""
        written, place, aside = self._root / WRITING / stage, self._root / stage, self._root / ASIDE / stage
        disk.sync_tree(written)
        disk.remove_tree(aside)
        aside.parent.mkdir(exist_ok=True)
        if place.exists():
            disk.move(place, aside)
        else:
            aside.mkdir()  # says that the new result is not to stay when the manifest does not come to speak of it
        disk.move(written, place)

    def forget_previous(self, stage: str) -> None:
        """Remove the result that was there before."""
        disk.remove_tree(self._root / ASIDE / stage)
        self._remove_if_empty(ASIDE)
        self._remove_if_empty(WRITING)

    def recover(self, manifest: Manifest) -> None:
        """Bring the folders back to what the manifest says after an interrupted write."""
        disk.remove_tree(self._root / WRITING)
        aside = self._root / ASIDE
        for previous in sorted(aside.iterdir()) if aside.is_dir() else []:
            record = manifest.stages.get(previous.name)
            place = self._root / previous.name
            if record is None:
                disk.remove_tree(place)
            elif not _is_intact(place, record) and _is_intact(previous, record):
                disk.remove_tree(place)
                disk.move(previous, place)
        disk.remove_tree(aside)

    def current(self, stage: str, record: StageRecord) -> Path:
        """Return the folder that holds the result the manifest speaks of, also in the middle of a write."""
        place, aside = self._root / stage, self._root / ASIDE / stage
        if aside.is_dir() and not _is_intact(place, record) and _is_intact(aside, record):
            return aside
        return place

    def problems(self, stage: str, record: StageRecord) -> list[Problem]:
        """Return what differs from the manifest in a stage's folder."""
        folder = self.current(stage, record)
        return [*_damage(stage, folder, record), *_strangers(stage, folder, record)]

    def unknown(self, manifest: Manifest) -> list[Problem]:
        """Return what lies in the case folder and the manifest does not speak of."""
        names = {path.name for path in self._root.iterdir()} - _OURS - set(manifest.stages)
        return [Problem(where=name, what="is not part of the case", kind="unknown") for name in sorted(names)]

    def _remove_if_empty(self, name: str) -> None:
        folder = self._root / name
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def _is_intact(folder: Path, record: StageRecord) -> bool:
    return not _damage("", folder, record)


def _damage(stage: str, folder: Path, record: StageRecord) -> list[Problem]:
    found = []
    for relative, expected in record.files.items():
        path, where = folder / relative, f"{stage}/{relative}"
        try:
            if path.stat().st_size != expected.bytes or disk.digest_of_file(path) != expected.sha256:
                found.append(Problem(where=where, what="has been changed or is damaged", kind="damaged"))
        except FileNotFoundError:
            found.append(Problem(where=where, what="is missing", kind="missing"))
        except OSError as error:
            found.append(Problem(where=where, what=f"cannot be read ({error.strerror})", kind="damaged"))
    return found


def _strangers(stage: str, folder: Path, record: StageRecord) -> list[Problem]:
    files = [p.relative_to(folder).as_posix() for p in sorted(folder.rglob("*")) if p.is_file()]
    return [
        Problem(where=f"{stage}/{name}", what="is not part of the stage", kind="unknown")
        for name in files
        if name not in record.files
    ]
