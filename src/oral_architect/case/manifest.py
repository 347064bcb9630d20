"""What ``case.json`` says: the stages of a case, and its history."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from oral_architect.case.disk import explained
from oral_architect.case.document import Record
from oral_architect.errors import CaseError

MANIFEST_FILE = "case.json"
FORMAT: Literal["oral-architect-case"] = "oral-architect-case"
SCHEMA_VERSION = 1


class Problem(Record):
    """One thing that is not as the manifest says."""

    where: str
    """Path inside the case folder, or the stage."""
    what: str
    kind: Literal["missing", "damaged", "unknown", "outdated"]
    """``missing`` and ``damaged`` lose data; ``unknown`` files and ``outdated`` stages do not."""

    @property
    def is_loss(self) -> bool:
        """Whether data is lost or cannot be trusted."""
        return self.kind in ("missing", "damaged")


class InputRecord(Record):
    """What a stage was given."""

    sha256: str
    """Of the file, or of the JSON file that stands for a document."""
    stage: str | None = None
    """The stage it came from, ``None`` for a file from outside."""
    name: str | None = None
    """The name of a file from outside; never its folder."""


class Identity(Record):
    """What decides whether a stage has to run again."""

    inputs: dict[str, InputRecord]
    settings: dict[str, Any]
    seed: int | None
    code: str
    """Version of the program, and the digest of the rooms the stage may use."""


class Run(Record):
    """One run of one stage, as the history keeps it."""

    stage: str
    status: Literal["done", "failed", "interrupted"]
    identity: Identity
    digest: str | None
    """SHA-256 of the stage's JSON file, or of its list of files; ``None`` when there is no result."""
    seconds: float
    finished_at: str
    """Wall time, written down only."""
    program: str
    error: dict[str, Any] | None = None


class FileRecord(Record):
    """One file of a stage."""

    sha256: str
    bytes: int


class StageRecord(Record):
    """The result of a stage that lies in the case now."""

    document: str | None
    """``package.module:Class``; ``None`` for a stage that only writes files."""
    run: Run
    files: dict[str, FileRecord]
    """Relative to the stage's folder, with ``/``."""


class Manifest(Record):
    """The content of ``case.json``."""

    format: Literal["oral-architect-case"] = FORMAT
    schema_version: int = SCHEMA_VERSION
    created_at: str
    created_by: str
    stages: dict[str, StageRecord] = Field(default_factory=dict)
    history: tuple[Run, ...] = ()

    def with_stage(self, record: StageRecord) -> Manifest:
        """Return the manifest with a stage's new result."""
        stages = {**self.stages, record.run.stage: record}
        return self.model_copy(update={"stages": stages, "history": (*self.history, record.run)})

    def with_failure(self, run: Run) -> Manifest:
        """Return the manifest with a run that gave no result; the stage's last result stays."""
        return self.model_copy(update={"history": (*self.history, run)})

    def to_bytes(self) -> bytes:
        """Return the content of ``case.json``."""
        return (self.model_dump_json(indent=1) + "\n").encode()


def read_manifest(folder: Path) -> Manifest:
    """Read ``case.json``.

    Raises
    ------
    CaseError
        When the folder is no case, its manifest is damaged, or a newer program wrote it.
    """
    path = folder / MANIFEST_FILE
    if not path.is_file():
        raise CaseError("this folder is not a case.", where=str(folder), todo="Give a folder that holds a case.json.")
    with explained(path):
        content = path.read_bytes()
    try:
        plain = json.loads(content)
        if not isinstance(plain, dict) or plain.get("format") != FORMAT:
            raise CaseError("this case.json belongs to something else.", where=str(path), todo="Give another folder.")
        if int(plain["schema_version"]) > SCHEMA_VERSION:
            raise CaseError(
                f"this case was written by a newer program (form {plain['schema_version']}, "
                f"{plain.get('created_by', 'unknown version')}); this one knows form {SCHEMA_VERSION}.",
                where=str(path),
                todo="Install a newer oral-architect.",
            )
        return Manifest.model_validate_json(content)
    except (ValueError, KeyError, TypeError, ValidationError) as error:
        reason = str(error).split("\n", maxsplit=1)[0]
        raise CaseError(
            f"case.json is damaged ({reason}).", where=str(path), todo="Put back a copy of the case folder."
        ) from error
