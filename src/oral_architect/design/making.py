"""From what is planned for a tooth, or decided, to what is made on it, and what takes its place where that fails."""

from __future__ import annotations

from dataclasses import replace

from oral_architect.errors import OralArchitectError, StageError
from oral_architect.reference import Row

from .bridging import make_bridge
from .crowning import make_crown
from .document import Check
from .piecing import PIECES, make_piece
from .plan import Plan
from .pontic import pontic
from .rebuilding import Designed, Task, rebuild
from .standing import SEEN

_CLOSED = Row("", {"source": "geometry: border, form and gap give one closed body", "standing": "computed"})


def made(task: Task, plan: Plan) -> Designed:
    """Make what is planned for a tooth; what cannot be is built directly, and said to be no such thing.

    Raises
    ------
    StageError
        When not even the missing form can be built.
    SettingsError
        When a value of the plan cannot be.
    """
    if task.finding.kind == "missing":
        return _over_the_gap(task, plan)
    crown = task.finding.kind == "prepared" or task.plan.kind == "crown"
    if not crown and task.plan.kind not in PIECES:
        return rebuild(task)
    try:
        return make_crown(task) if crown else make_piece(task)
    except StageError as problem:
        direct = rebuild(task)
        if crown:
            note = "No crown on a finish line could be designed ({}); this is the missing form only, not to be made."
            return _instead(direct, "finish line", SEEN, problem, note)
        note = "No piece of its own could be made ({}); this is the missing form, to be built up directly."
        return _instead(direct, "piece", _CLOSED, problem, note)


def _over_the_gap(task: Task, plan: Plan) -> Designed:
    if task.plan.kind != "bridge":
        return pontic(task.landscape, task.findings, task.finding)
    try:
        return make_bridge(task, plan)
    except OralArchitectError as problem:
        alone = pontic(task.landscape, task.findings, task.finding)
        note = "No bridge could be made ({}); this is the pontic alone, which nothing carries."
        return _instead(alone, "bridge", _CLOSED, problem, note)


def _instead(made: Designed, check: str, row: Row, why: OralArchitectError, note: str) -> Designed:
    """Mark what was built in place of something that could not be, with a failed check that says why."""
    one = made.restoration
    failed = Check(
        check=check,
        value=None,
        limit=None,
        unit="",
        source=row.source,
        standing=row.standing,
        verdict="fail",
        fdi=one.fdi,
        note=f"{why.where}: {why.what} {why.todo}".strip(": "),
    )
    notes = (*one.notes, note.format(why.what))
    return replace(made, restoration=one.model_copy(update={"checks": (failed, *one.checks), "notes": notes}))
