"""One session: from the scans of a mouth through every stage to a report, kept in a case."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from oral_architect.case import Case, Document, Ran, Settings
from oral_architect.errors import CaseError, InputError
from oral_architect.progress import Progress, Silent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from oral_architect.anatomy.document import Landscape
    from oral_architect.case.store import Input
    from oral_architect.design.document import Design
    from oral_architect.design.edits import EditLog
    from oral_architect.design.plan import Plan
    from oral_architect.findings.document import Findings
    from oral_architect.programme.document import Programme
    from oral_architect.scan.document import Scan
    from oral_architect.twin.document import Prediction

DocumentT = TypeVar("DocumentT", bound=Document)

SCANS = ("scan_upper", "scan_lower")
"""Stages that read a file, named after the place the file was given in."""
REPORT_FILE = "report.html"

_WORDS = {
    "scan_upper": "Reading the upper scan",
    "scan_lower": "Reading the lower scan",
    "anatomy": "Finding teeth, numbers, margins and the bite",
    "findings": "Comparing every tooth with its expected form",
    "design": "Designing the missing form",
    "programme": "Planning doses, layers and time",
    "twin": "Predicting heat and deposition",
    "report": "Writing the report",
}


@dataclass(frozen=True)
class Rooms:
    """The functions of the rooms a session goes through; a notebook or a test can put in its own."""

    scan: Callable[..., Scan]
    anatomy: Callable[..., Landscape]
    findings: Callable[..., Findings]
    design: Callable[..., Design]
    programme: Callable[..., Programme]
    twin: Callable[..., Prediction]
    report: Callable[..., Path]

    @classmethod
    def of_the_house(cls) -> Rooms:
        """Return the stages of this program."""
        from oral_architect import anatomy, design, findings, programme, scan, twin
        from oral_architect.web import report

        return cls(
            scan=scan.run,
            anatomy=anatomy.run,
            findings=findings.run,
            design=design.run,
            programme=programme.run,
            twin=twin.run,
            report=report.write,
        )


@dataclass(frozen=True)
class SessionSettings:
    """The settings of every stage of a session."""

    scan: Settings
    anatomy: Settings
    findings: Settings
    design: Settings
    programme: Settings
    twin: Settings

    @classmethod
    def of_the_house(cls) -> SessionSettings:
        """Return every stage's own defaults."""
        from oral_architect import anatomy, design, findings, programme, scan, twin

        return cls(
            scan=scan.ScanSettings(),
            anatomy=anatomy.AnatomySettings(),
            findings=findings.FindingsSettings(),
            design=design.DesignSettings(),
            programme=programme.ProgrammeSettings(),
            twin=twin.TwinSettings(),
        )

    def with_profile(self, name: str) -> SessionSettings:
        """Return the same settings with another technology profile.

        Raises
        ------
        SettingsError
            When there is no profile of that name.
        """
        from oral_architect.programme import load_profile

        load_profile(name)
        return replace(self, programme=self.programme.model_copy(update={"profile": name}))

    def with_plan(self, plan: Plan) -> SessionSettings:
        """Return the same settings with what a person wants for single teeth."""
        return replace(self, design=self.design.model_copy(update={"plan": plan}))


class ReportSettings(Settings):
    """Settings of the report."""

    title: str = ""


@dataclass(frozen=True)
class SessionResult:
    """What a session gives."""

    case: Case
    report: Path
    scans: tuple[Scan, ...]
    landscape: Landscape
    findings: Findings
    design: Design
    programme: Programme
    prediction: Prediction
    warnings: tuple[str, ...]

    @property
    def ran(self) -> Mapping[str, Ran]:
        """Each stage of this session, in order: its seconds, and whether a stored result was used."""
        return self.case.ran

    def as_dict(self) -> dict[str, Any]:
        """Return the form other programs rely on."""
        verdicts = [check.verdict for check in self.design.checks]
        return {
            "case": str(self.case.folder),
            "report": str(self.report),
            "seconds": {stage: round(ran.seconds, 3) for stage, ran in self.ran.items()},
            "reused": [stage for stage, ran in self.ran.items() if ran.reused],
            "teeth": {str(tooth.fdi): self._tooth(tooth.fdi, tooth.confidence) for tooth in self.landscape.teeth},
            "missing": [fdi for arch in self.landscape.arches for fdi in arch.missing],
            "restorations": [r.fdi for r in self.design.restorations],
            "checks": {verdict: verdicts.count(cast(Any, verdict)) for verdict in ("pass", "warn", "fail")},
            "rate_gap": self.prediction.rate_gap,
            "safe": self.prediction.safe,
            "warnings": list(self.warnings),
        }

    def _tooth(self, fdi: int, confidence: float) -> dict[str, Any]:
        return {
            "confidence": round(confidence, 3),
            "findings": [item.kind for item in self.findings.items if item.fdi == fdi],
            "restoration": next((r.kind for r in self.design.restorations if r.fdi == fdi), None),
            "pulp_peak_c": next((p.pulp_peak_c.value for p in self.prediction.teeth if p.fdi == fdi), None),
        }


def restore(
    upper: Path,
    lower: Path | None,
    settings: SessionSettings,
    case_folder: Path,
    progress: Progress | None = None,
    *,
    plan: Plan | None = None,
    rooms: Rooms | None = None,
) -> SessionResult:
    """Carry one mouth from its scans to a designed, programmed and predicted restoration.

    Parameters
    ----------
    upper, lower
        Scan files, one a jaw; ``lower`` may be ``None`` when there is only one scan, of either jaw.
    settings
        See :meth:`SessionSettings.of_the_house`.
    case_folder
        A new or empty folder, or a case; in a case, stages whose inputs have not changed are not run again.
    progress
        Told about every stage.
    plan
        What a person wants for single teeth; when absent, the plan the case was edited to, if it was.
    rooms
        The stages; those of this program when absent.

    Raises
    ------
    InputError
        When a scan cannot be used, or both show the same jaw.
    CaseError
        When the case cannot be written, or another process writes to it.
    StageError
        When a stage cannot give a trustworthy result; the stages before it are kept.
    """
    paths = [path for path in (upper, lower) if path is not None]
    _check_files(paths)
    walk = _Walk(Case.create(case_folder), rooms or Rooms.of_the_house(), settings, progress or Silent())
    with walk.case.lock():
        settings = walk.settings = _planned(walk.case, settings, plan)
        scans = tuple(
            walk.stage(name, walk.rooms.scan, {"path": path}, settings.scan)
            for name, path in zip(SCANS, paths, strict=False)
        )
        landscape = walk.stage("anatomy", walk.rooms.anatomy, {"scans": scans}, settings.anatomy)
        _check_jaws(landscape, paths)
        findings = walk.stage("findings", walk.rooms.findings, {"landscape": landscape}, settings.findings)
        design = walk.design(landscape, findings)
        return walk.plan(scans, landscape, findings, design)


def redesign(
    case_folder: Path,
    progress: Progress | None = None,
    *,
    change: Callable[[EditLog, Landscape], None] | None = None,
    rooms: Rooms | None = None,
) -> SessionResult:
    """Design a case again with the plan it was edited to; only restorations that the edits touch are made again.

    Parameters
    ----------
    case_folder
        A case that holds a design.
    change
        Edits the plan first; called with the log of edits and the landscape while the case is locked.

    Raises
    ------
    CaseError
        When the case holds no design yet, or cannot be read or written.
    SettingsError
        When the edit cannot be; nothing is changed then.
    """
    from oral_architect.design.edits import EditLog

    case = Case.open(case_folder)
    before = _settings_of(case)
    with case.lock():
        landscape = cast("Landscape", case.load("anatomy"))
        findings = cast("Findings", case.load("findings"))
        case.load("design")
        log = EditLog(case.folder)
        if change is not None:
            log.begin(_plan_of(before.design))
            change(log, landscape)
        walk = _Walk(case, rooms or Rooms.of_the_house(), _planned(case, before, None), progress or Silent())
        design = walk.design(landscape, findings)
        return walk.plan(stored_scans(case), landscape, findings, design)


def stored_plan(case: Case) -> Plan:
    """Return the plan of a case: what it was edited to, else what it was designed with."""
    from oral_architect.design.edits import EditLog

    log = EditLog(case.folder)
    return log.plan() if log.exists() else _plan_of(_settings_of(case).design)


def simulate(
    case_folder: Path,
    profile: str | None = None,
    progress: Progress | None = None,
    *,
    settings: SessionSettings | None = None,
    rooms: Rooms | None = None,
) -> SessionResult:
    """Plan and predict the design of a case again, with another technology profile.

    Settings that are not given are those the case was last planned with.

    Raises
    ------
    SettingsError
        When there is no such profile.
    CaseError
        When the case holds no design yet, or cannot be read or written.
    """
    case = Case.open(case_folder)
    before = settings or _settings_of(case)
    chosen = before if profile is None else before.with_profile(profile)
    walk = _Walk(case, rooms or Rooms.of_the_house(), chosen, progress or Silent())
    with case.lock():
        landscape = cast("Landscape", case.load("anatomy"))
        findings = cast("Findings", case.load("findings"))
        design = cast("Design", case.load("design"))
        return walk.plan(stored_scans(case), landscape, findings, design)


class _Walk:
    """One way through the rooms, telling about every stage."""

    def __init__(self, case: Case, rooms: Rooms, settings: SessionSettings, progress: Progress) -> None:
        self.case, self.rooms, self.settings, self.progress = case, rooms, settings, progress

    def stage(
        self, name: str, function: Callable[..., DocumentT], inputs: Mapping[str, Input], settings: Settings
    ) -> DocumentT:
        """Run one stage; one that can tell how far it is gets the progress."""
        observers: dict[str, Any] = {}
        if "progress" in inspect.signature(function).parameters:
            observers["progress"] = self.progress
        if "previous" in inspect.signature(function).parameters:
            observers["previous"] = self._before(name)
        with self._told(name):
            return self.case.run_stage(name, function, inputs, settings, observers=observers)

    def design(self, landscape: Landscape, findings: Findings) -> Design:
        """Design with the settings of this walk."""
        known: dict[str, Input] = {"landscape": landscape, "findings": findings}
        return self.stage("design", self.rooms.design, known, self.settings.design)

    def _before(self, name: str) -> Document | None:
        """The stored result of a stage, from which it may take over what has not changed; none where it is damaged."""
        try:
            return self.case.load(name) if self.case.has(name) else None
        except CaseError:
            return None

    def plan(self, scans: tuple[Scan, ...], landscape: Landscape, findings: Findings, design: Design) -> SessionResult:
        """Go from a design through programme and twin to the report."""
        rooms, settings = self.rooms, self.settings
        known: dict[str, Input] = {"landscape": landscape, "design": design}
        programme = self.stage("programme", rooms.programme, known, settings.programme)
        prediction = self.stage("twin", rooms.twin, {**known, "programme": programme}, settings.twin)
        documents = {
            "landscape": landscape,
            "findings": findings,
            "design": design,
            "programme": programme,
            "prediction": prediction,
            "scans": scans,
        }
        title = ReportSettings(title=" and ".join(scan.name for scan in scans))

        def write(folder: Path) -> None:
            rooms.report(folder / REPORT_FILE, **documents, title=title.title, stills_folder=folder / "stills")

        with self._told("report"):
            folder = self.case.run_file_stage("report", write, cast(Any, documents), title, room="web")
        return SessionResult(
            case=self.case,
            report=folder / REPORT_FILE,
            scans=scans,
            landscape=landscape,
            findings=findings,
            design=design,
            programme=programme,
            prediction=prediction,
            warnings=_warnings(scans, landscape, programme, prediction, design),
        )

    @contextmanager
    def _told(self, name: str) -> Iterator[None]:
        self.progress.begin(name, _WORDS[name])
        yield
        ran = self.case.ran[name]
        self.progress.end(name, ran.seconds, reused=ran.reused)


def _check_files(paths: list[Path]) -> None:
    for path in paths:
        if not path.is_file():
            raise InputError("there is no such file.", where=str(path), todo="Check the path.")
    if len(paths) == 2 and paths[0].samefile(paths[1]):
        raise InputError(
            "the same file is given for both jaws.",
            where=str(paths[0]),
            todo="Give one scan of each jaw, or only one scan.",
        )


def _check_jaws(landscape: Landscape, paths: list[Path]) -> None:
    jaws = [arch.jaw for arch in landscape.arches]
    if len(jaws) == 2 and jaws[0] == jaws[1]:
        raise InputError(
            f"both scans look like {jaws[0]} arches.",
            where=" and ".join(path.name for path in paths),
            todo="Give one scan of each jaw, or only one scan.",
        )


def _warnings(
    scans: tuple[Scan, ...], landscape: Landscape, programme: Programme, prediction: Prediction, design: Design
) -> tuple[str, ...]:
    """Everything the stages want a person to know, in the order it came up, each once."""
    found = [f"{scan.name}: {words}" for scan in scans for words in scan.warnings]
    if len(landscape.arches) == 1:
        found.append("Only one arch was given: contacts with the antagonists could not be checked.")
    elif len(scans) == 2 and landscape.arches[0].jaw == "lower":
        found.append("The files were given in the other order: the first one shows the lower arch.")
    found += [words for arch in landscape.arches for words in arch.warnings]
    found += [*design.skipped, *programme.warnings, *prediction.warnings]
    return tuple(dict.fromkeys(found))


def _settings_of(case: Case) -> SessionSettings:
    """The settings a case was last planned with; defaults where a stage has not run or knows other settings now."""
    house = SessionSettings.of_the_house()

    def last(stage: str, default: Settings) -> Settings:
        if not case.has(stage):
            return default
        try:
            return type(default).model_validate(case.manifest.stages[stage].run.identity.settings)
        except ValueError:
            return default

    return replace(
        house,
        design=last("design", house.design),
        programme=last("programme", house.programme),
        twin=last("twin", house.twin),
    )


def _plan_of(settings: Settings) -> Plan:
    from oral_architect.design.plan import Plan

    return cast("Plan", getattr(settings, "plan", None) or Plan())


def _planned(case: Case, settings: SessionSettings, plan: Plan | None) -> SessionSettings:
    """Settings with the plan that counts; one that is given is written in the log of edits, if the case has one."""
    from oral_architect.design.edits import EditLog

    log = EditLog(case.folder)
    if log.exists():
        if plan is not None:
            log.replace(plan)
        return settings.with_plan(log.plan())
    return settings if plan is None else settings.with_plan(plan)


def stored_scans(case: Case) -> tuple[Scan, ...]:
    """Read the scans of a case.

    Raises
    ------
    CaseError
        When the case holds none, or one is damaged.
    """
    scans = tuple(cast("Scan", case.load(name)) for name in SCANS if case.has(name))
    if not scans:
        raise CaseError("this case holds no scans.", where=str(case.folder), todo="Run 'oral-architect restore' first.")
    return scans
