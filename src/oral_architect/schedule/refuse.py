"""Why no order fits, and what would make it fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oral_architect.errors import StageError

from .problem import Problem

if TYPE_CHECKING:
    from .solve import SolveSettings


def refuse_hopeless(problem: Problem) -> None:
    """Refuse what no order can mend: one task alone that is too much.

    Raises
    ------
    StageError
        With the task and the figure that would let it pass.
    """
    for budget in problem.budgets:
        for claim in budget.claims:
            if claim.amount > budget.capacity:
                allowed = budget.said(budget.capacity)
                raise StageError(
                    f"it takes {budget.said(claim.amount)} where {allowed} are allowed ({budget.name})",
                    where=claim.task,
                    todo=f"Bring it to {allowed} or less. {budget.advice}".rstrip(),
                )
    if problem.rest is not None:
        for task in problem.tasks:
            shortest = min(way.duration for way in task.ways)
            if shortest > problem.rest.stretch and task.name not in problem.kept:
                raise StageError(
                    f"it takes {shortest} s in one go, but a break is due every {problem.rest.stretch} s",
                    where=task.name,
                    todo=f"Divide it, or allow {shortest} s without a break.",
                )


def say_what_would_fit(problem: Problem, settings: SolveSettings) -> None:
    """Let all time windows give by the same, as little as possible, and say by how much.

    Raises
    ------
    StageError
        With the first step that is late and the time that would let it pass. It returns when that cannot be told.
    """
    from .solve import Model

    model = Model(problem, slack=True)
    model.minimise(model.slack)
    found = model.run(settings)
    if found is None or found.value == 0:
        return
    order = model.order(found, 0, span_bound=0, effort=found.effort)
    least = "" if found.bound == found.value else "at most "
    late = [
        (order.placed[link.after].end, link.after, link.why or f"the window after {link.before}", link.within)
        for link in problem.links
        if link.within is not None and order.placed[link.after].end > order.placed[link.before].end + link.within
    ]
    if problem.longest is not None:
        late += [
            (placed.end, name, "the whole visit", problem.longest)
            for name, placed in order.placed.items()
            if placed.end > problem.longest
        ]
    _, name, window, length = min(late)
    raise StageError(
        f"it does not fit: {window} allows {length} s",
        where=name,
        todo=f"Allow {least}{found.value} s more, or plan fewer teeth for this visit.",
    )
