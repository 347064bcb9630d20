"""A case: a folder anyone can open, whose stages are there whole or not at all, and run again only when they must."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar, cast

import oral_architect
from oral_architect.case import disk
from oral_architect.case.document import Document, Settings
from oral_architect.case.files import content_digest, from_files, to_files
from oral_architect.case.identity import code_version, room_of
from oral_architect.case.kinds import class_named, name_of_class
from oral_architect.case.lock import LOCK_FILE, locked
from oral_architect.case.manifest import (
    MANIFEST_FILE,
    FileRecord,
    Identity,
    InputRecord,
    Manifest,
    Problem,
    Run,
    StageRecord,
    read_manifest,
)
from oral_architect.case.stages import StageFolders
from oral_architect.errors import CaseError, OralArchitectError

DocumentT = TypeVar("DocumentT", bound=Document)
Input = Document | Path | Sequence[Document]
"""What a stage may be given: documents, or a file from outside."""


@dataclass(frozen=True)
class Ran:
    """How a stage went in this session."""

    seconds: float
    reused: bool
    """True when nothing had changed and the stored result was read."""


class Case:
    """An open case folder; see :meth:`create`, :meth:`open`.

    Reading needs no lock and writes nothing, so that a case on a read-only disk opens. Whatever writes holds the lock.
    """

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.folder = folder
        self.manifest = manifest
        self.ran: dict[str, Ran] = {}
        """The stages asked for in this session, in order."""
        self.left_by: int | None = None
        """Process id of a writer that ended without finishing, when this session found one."""
        self._folders = StageFolders(folder)
        self._lock_depth = 0
        self._digests: dict[int, tuple[Document, str, str | None]] = {}

    @classmethod
    def open(cls, folder: Path) -> Case:
        """Open an existing case.

        Raises
        ------
        CaseError
            When the folder is no case, its manifest is damaged, or a newer program wrote it.
        """
        return cls(folder, read_manifest(folder))

    @classmethod
    def create(cls, folder: Path) -> Case:
        """Open a case, or make one where there is nothing yet.

        Raises
        ------
        CaseError
            When the folder holds something else, or cannot be written to.
        """
        if (folder / MANIFEST_FILE).exists():
            return cls.open(folder)
        with disk.explained(folder):
            folder.mkdir(parents=True, exist_ok=True)
            strangers = [p for p in folder.iterdir() if p.name not in (LOCK_FILE, f".{MANIFEST_FILE}.new")]
        if strangers:
            raise CaseError(
                "this folder holds other things and is not a case.",
                where=str(folder),
                todo="Give a new or empty folder.",
            )
        case = cls(folder, Manifest(created_at=_now(), created_by=_program()))
        with locked(folder):
            if (folder / MANIFEST_FILE).exists():  # made by someone else while we waited
                return cls.open(folder)
            case._write_manifest(case.manifest)
        return case

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the right to write; clears up what an interrupted writer left.

        Raises
        ------
        CaseError
            When another process writes to this case, or the folder cannot be written to.
        """
        if self._lock_depth:
            self._lock_depth += 1
            try:
                yield
            finally:
                self._lock_depth -= 1
            return
        with locked(self.folder) as left_by:
            self.left_by = left_by or self.left_by
            self.manifest = read_manifest(self.folder)
            with disk.explained(self.folder):
                self._folders.recover(self.manifest)
            self._lock_depth = 1
            try:
                yield
            finally:
                self._lock_depth = 0

    def run_stage(
        self,
        name: str,
        function: Callable[..., DocumentT],
        inputs: Mapping[str, Input],
        settings: Settings,
        *,
        observers: Mapping[str, Any] | None = None,
    ) -> DocumentT:
        """Run a stage and store what it gives, or read what is stored when nothing has changed.

        Parameters
        ----------
        name
            The stage, and the name of its folder.
        function
            Called as ``function(*inputs.values(), settings, **observers)``.
        inputs
            Documents, tuples of documents, or files.
        settings
            Its ``seed``, when it has one, is written in the history.
        observers
            Further keyword arguments that watch the stage and do not change its result, such as ``progress``.

        Raises
        ------
        CaseError
            When the result cannot be stored.
        OralArchitectError
            Whatever the stage raises; the failed run is written in the history.
        """

        def produce(target: Path) -> tuple[DocumentT, dict[str, FileRecord]]:
            document = function(*inputs.values(), settings, **(observers or {}))
            with disk.explained(self.folder):
                return document, {p: _stored(target / p, content) for p, content in to_files(name, document)}

        identity = self._identity(inputs, settings, room_of(function.__module__))
        begun = time.monotonic()
        document = self._unchanged(name, identity)
        if document is not None:
            self.ran[name] = Ran(time.monotonic() - begun, reused=True)
            return cast(DocumentT, document)
        made, record = self._run(name, identity, produce)
        self._remember(made, record.run.digest or "", name)
        return cast(DocumentT, made)

    def run_file_stage(
        self,
        name: str,
        function: Callable[[Path], None],
        inputs: Mapping[str, Input],
        settings: Settings,
        *,
        room: str,
    ) -> Path:
        """Run a stage that writes files of its own form, such as a report, or keep them when nothing has changed.

        Parameters
        ----------
        name
            The stage, and the name of its folder.
        function
            Called with the empty folder it may write into.
        inputs, settings
            What the files depend on.
        room
            The room of the house whose code makes them.

        Returns
        -------
        Path
            The stage's folder.

        Raises
        ------
        CaseError
            When the files cannot be stored.
        """

        def produce(target: Path) -> tuple[None, dict[str, FileRecord]]:
            with disk.explained(self.folder):
                target.mkdir(parents=True)
                function(target)
                return None, _listed(target)

        identity = self._identity(inputs, settings, room)
        begun = time.monotonic()
        record = self.manifest.stages.get(name)
        if record and record.run.identity == identity and not self._folders.problems(name, record):
            self.ran[name] = Ran(time.monotonic() - begun, reused=True)
        else:
            self._run(name, identity, produce)
        return self.folder_of(name)

    def has(self, stage: str) -> bool:
        """Whether the case holds a result of this stage."""
        return stage in self.manifest.stages

    def folder_of(self, stage: str) -> Path:
        """Return the folder of a stage's result.

        Raises
        ------
        CaseError
            When the case holds no result of this stage.
        """
        return self._folders.current(stage, self._record(stage))

    def load(self, stage: str) -> Document:
        """Read the document of a stage; every file is checked against its digest.

        Raises
        ------
        CaseError
            When the stage is not there, or a file is missing or damaged.
        """
        record = self._record(stage)
        if record.document is None:
            raise CaseError(f"stage '{stage}' holds files, not a document.", where=str(self.folder))
        folder = self._folders.current(stage, record)

        def read(relative: str) -> bytes:
            return _checked(folder, relative, record)

        document = from_files(class_named(record.document), read(f"{stage}.json"), read, where=str(folder))
        self._remember(document, record.run.digest or "", stage)
        return document

    def verify(self) -> list[Problem]:
        """Check every file against the manifest, and every stage against the inputs it was made from."""
        problems = [p for name, record in self.manifest.stages.items() for p in self._folders.problems(name, record)]
        problems += self._folders.unknown(self.manifest)
        for name, record in self.manifest.stages.items():
            for given in record.run.identity.inputs.values():
                source = self.manifest.stages.get(given.stage or "")
                if source is not None and source.run.digest != given.sha256:
                    words = f"was made from an earlier result of '{given.stage}'"
                    problems.append(Problem(where=name, what=words, kind="outdated"))
        return problems

    def _record(self, stage: str) -> StageRecord:
        try:
            return self.manifest.stages[stage]
        except KeyError:
            raise CaseError(
                f"this case holds no result of the stage '{stage}'.",
                where=str(self.folder),
                todo="Run 'oral-architect restore' with this case first.",
            ) from None

    def _unchanged(self, name: str, identity: Identity) -> Document | None:
        record = self.manifest.stages.get(name)
        if record is None or record.run.identity != identity or record.document is None:
            return None
        try:
            return self.load(name)
        except CaseError:
            return None  # damaged: the stage makes it again

    def _run(
        self, name: str, identity: Identity, produce: Callable[[Path], tuple[Any, dict[str, FileRecord]]]
    ) -> tuple[Any, StageRecord]:
        with self.lock():
            begun = time.monotonic()
            try:
                target = self._folders.prepare(name)
                document, files = produce(target)
                seconds = time.monotonic() - begun
                run = _run_record(name, "done", identity, seconds, digest=_digest(name, files))
                kind = None if document is None else name_of_class(type(document))
                record = StageRecord(document=kind, run=run, files=files)
                with disk.explained(self.folder):
                    self._folders.put(name)
                    self._write_manifest(self.manifest.with_stage(record))
                    self._folders.forget_previous(name)
            except BaseException as error:
                self._failed(name, identity, time.monotonic() - begun, error)
                raise
        self.ran[name] = Ran(seconds, reused=False)
        return document, record

    def _failed(self, name: str, identity: Identity, seconds: float, error: BaseException) -> None:
        """Leave the case as it was before the run, and write down that it failed, if the disk still lets us."""
        words = error.as_dict() if isinstance(error, OralArchitectError) else {"error": type(error).__name__}
        status = "failed" if isinstance(error, Exception) else "interrupted"
        try:
            self._folders.recover(self.manifest)
            self._write_manifest(self.manifest.with_failure(_run_record(name, status, identity, seconds, error=words)))
        except OSError:
            pass  # the next writer clears up; the error that brought us here says what is wrong

    def _write_manifest(self, manifest: Manifest) -> None:
        with disk.explained(self.folder):
            disk.replace_file(self.folder / MANIFEST_FILE, manifest.to_bytes())
        self.manifest = manifest

    def _identity(self, inputs: Mapping[str, Input], settings: Settings, room: str) -> Identity:
        records: dict[str, InputRecord] = {}
        for name, given in inputs.items():
            if isinstance(given, Path):
                with disk.explained(given):
                    records[name] = InputRecord(sha256=disk.digest_of_file(given), name=given.name)
            elif isinstance(given, Document):
                records[name] = self._input(given)
            else:
                records |= {f"{name}[{i}]": self._input(each) for i, each in enumerate(given)}
        plain = settings.model_dump(mode="json")
        return Identity(inputs=records, settings=plain, seed=plain.get("seed"), code=code_version(room))

    def _input(self, document: Document) -> InputRecord:
        if id(document) not in self._digests:
            found = content_digest(document)
            source = next((name for name, r in self.manifest.stages.items() if r.run.digest == found), None)
            self._remember(document, found, source)
        _, sha256, stage = self._digests[id(document)]
        return InputRecord(sha256=sha256, stage=stage)

    def _remember(self, document: Document, sha256: str, stage: str | None) -> None:
        # the document is kept too: only so does its id stay its own
        self._digests[id(document)] = (document, sha256, stage)


def _stored(path: Path, content: bytes) -> FileRecord:
    disk.write_file(path, content)
    return FileRecord(sha256=disk.digest(content), bytes=len(content))


def _listed(folder: Path) -> dict[str, FileRecord]:
    """Flush and describe what a stage wrote by itself."""
    found = {}
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        with path.open("rb") as file:
            disk.sync_file(file.fileno())
        relative = path.relative_to(folder).as_posix()
        found[relative] = FileRecord(sha256=disk.digest_of_file(path), bytes=path.stat().st_size)
    return found


def _checked(folder: Path, relative: str, record: StageRecord) -> bytes:
    path = folder / relative
    expected = record.files.get(relative)
    if expected is None:
        raise CaseError("a file is named that the manifest does not know.", where=str(path))
    with disk.explained(path):
        content = path.read_bytes()
    if disk.digest(content) != expected.sha256:
        raise CaseError("this file has been changed or is damaged.", where=str(path), todo="Run this stage again.")
    return content


def _digest(name: str, files: dict[str, FileRecord]) -> str:
    """The JSON file holds the digests of all others; without one, the list of files stands for the stage."""
    if f"{name}.json" in files:
        return files[f"{name}.json"].sha256
    return disk.digest("".join(f"{r.sha256}  {path}\n" for path, r in sorted(files.items())).encode())


def _run_record(
    name: str,
    status: Any,
    identity: Identity,
    seconds: float,
    *,
    digest: str | None = None,
    error: dict[str, Any] | None = None,
) -> Run:
    return Run(
        stage=name,
        status=status,
        identity=identity,
        digest=digest,
        seconds=round(seconds, 3),
        finished_at=_now(),
        program=_program(),
        error=error,
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _program() -> str:
    return f"oral-architect {oral_architect.__version__}"
