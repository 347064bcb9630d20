"""From what is planned for a tooth, or decided, to what is made on it, and what takes its place where that fails."""

from __future__ import annotations

from dataclasses import replace

from oral_architect.errors import OralArchitectError, StageError

from .bridging import make_bridge, without_bridge
from .crowning import make_crown, without_line
from .piecing import PIECES, make_piece, without_piece
from .plan import Plan
from .pontic import pontic
from .rebuilding import Designed, Task, rebuild


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
        said = without_line if crown else without_piece
        return replace(direct, restoration=said(direct.restoration, problem))


def _over_the_gap(task: Task, plan: Plan) -> Designed:
    if task.plan.kind != "bridge":
        return pontic(task.landscape, task.findings, task.finding)
    try:
        return make_bridge(task, plan)
    except OralArchitectError as problem:
        alone = pontic(task.landscape, task.findings, task.finding)
        return replace(alone, restoration=without_bridge(alone.restoration, problem))
