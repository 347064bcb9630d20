"""From a programme, and what the twin says of it, to the plan of the visit; and again after changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import Field

from .document import PlannedStep, SessionPlan, State
from .problem import Order, Problem
from .replan import Change, stated_anew
from .solve import SolveSettings, solve
from .visit import VisitSettings, visit_problem

if TYPE_CHECKING:
    from oral_architect.programme import Programme
    from oral_architect.twin import Prediction


class ScheduleSettings(VisitSettings):
    """Settings of the session plan."""

    solve: SolveSettings = Field(default_factory=SolveSettings)


def run(
    programme: Programme,
    prediction: Prediction | None = None,
    settings: ScheduleSettings | None = None,
    *,
    changes: Sequence[Change] = (),
) -> SessionPlan:
    """Plan a visit, then plan it again after each change.

    Parameters
    ----------
    programme
        What is to be done.
    prediction
        What the twin says of its heat; without it each layer takes the whole heat budget of its tooth.
    changes
        What turned out otherwise during the visit, oldest first.

    Raises
    ------
    StageError
        When a step alone is more than a budget allows, or the visit does not fit; it says what would make it fit.
    InputError
        When a change speaks of a step that is not there.
    MissingPartError
        When OR-Tools is not installed.
    """
    settings = settings or ScheduleSettings()
    problem = visit_problem(programme, prediction, settings)
    order = solve(problem, settings.solve)
    notes = []
    for change in changes:
        again = stated_anew(problem, order, change)
        problem = again.problem
        order = solve(problem, settings.solve)
        notes += [again.note] if again.note else []
    return SessionPlan(
        profile=programme.profile,
        steps=_steps(problem, order),
        breaks_s=order.breaks,
        session_s=order.makespan,
        bound_s=order.bound,
        gap=order.gap,
        chair_s=order.span,
        chair_bound_s=order.span_bound,
        now_s=problem.now,
        changes=tuple(change.in_words() for change in changes),
        rate_gap=programme.rate_gap,
        rate_gap_text=programme.rate_gap_text,
        warnings=(*programme.warnings, *notes),
    )


def _steps(problem: Problem, order: Order) -> tuple[PlannedStep, ...]:
    cools = {claim.task: claim.linger for budget in problem.budgets for claim in budget.claims}
    steps = []
    for name, place in order.placed.items():
        where, phase, *layer = name.split("/")
        steps.append(
            PlannedStep(
                name=name,
                fdi=int(where) if where.isdigit() else None,
                phase=phase,
                layer=int(layer[0].rstrip("+")) if layer else None,
                start_s=place.start,
                end_s=place.end,
                uses=problem.task(name).ways[place.way].uses,
                cools_until_s=place.end + cools[name] if name in cools else None,
                state=_state(problem, name, place.end),
            )
        )
    return tuple(sorted(steps, key=lambda s: (s.start_s, s.end_s, s.name)))


def _state(problem: Problem, name: str, end: int) -> State:
    if name not in problem.kept:
        return "planned"
    return "done" if end <= problem.now else "running"
