"""Planning again in the middle of a visit: what is done stays, what runs stays, the rest finds its best order anew."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Annotated, Literal

from pydantic import Field

from oral_architect.case import Record
from oral_architect.errors import InputError

from .problem import Budget, Kept, Link, Order, Placed, Problem, Task, Way


class Late(Record):
    """A step takes longer; it is known when it should have been over."""

    kind: Literal["late"] = "late"
    step: str
    by_s: int = Field(gt=0)

    def in_words(self) -> str:
        """Return it as a sentence."""
        return f"{self.step} takes {self.by_s} s longer."


class Measured(Record):
    """A finished layer holds another share of its dose than planned."""

    kind: Literal["measured"] = "measured"
    fdi: int
    layer: int = Field(ge=1)
    share: float = Field(gt=0.0, le=2.0)

    def in_words(self) -> str:
        """Return it as a sentence."""
        return f"Layer {self.layer} of tooth {self.fdi} measures {self.share:.0%} of its dose."


Change = Annotated[Late | Measured, Field(discriminator="kind")]


@dataclass(frozen=True)
class Again:
    """A problem stated anew."""

    problem: Problem
    note: str = ""
    """What the plan cannot mend."""


def stated_anew(problem: Problem, order: Order, change: Late | Measured) -> Again:
    """State what is left of a visit after a change.

    Raises
    ------
    InputError
        When the change speaks of a step that is not in the plan, or that is over already.
    """
    if isinstance(change, Late):
        return Again(_late(problem, order, change))
    return _measured(problem, order, change)


def _late(problem: Problem, order: Order, change: Late) -> Problem:
    place = _place(order, change.step)
    if place.end < problem.now:
        raise InputError(f"it was over at {place.end} s, and it is {problem.now} s", where=change.step)
    kept = _kept(problem, order, place.end)
    kept[change.step] = Kept(place.start, place.way, place.end - place.start + change.by_s)
    return replace(problem, kept=kept, now=place.end, breaks_kept=_breaks(order, place.end))


def _measured(problem: Problem, order: Order, change: Measured) -> Again:
    tail = f"{change.fdi}/{{}}/{change.layer}"
    laid = tail.format("deposit")
    cured = tail.format("cure") if tail.format("cure") in order.placed else laid
    _place(order, laid)
    now = max(problem.now, order.placed[cured].end)
    anew = replace(problem, kept=_kept(problem, order, now), now=now, breaks_kept=_breaks(order, now))
    if change.share < 1.0:
        return Again(_laid_again(anew, laid, cured, 1.0 - change.share))
    following = f"{change.fdi}/deposit/{change.layer + 1}"
    if change.share == 1.0 or following not in order.placed:
        over = change.share > 1.0
        return Again(anew, f"Tooth {change.fdi}: what is over is to be trimmed at the end." if over else "")
    return Again(_with_duration(anew, following, 2.0 - change.share))


def _laid_again(problem: Problem, laid: str, cured: str, missing: float) -> Problem:
    """Put a thinner layer of what is missing after the one that was measured."""
    names = [laid] if cured == laid else [laid, cured]
    added = [_share_of(problem.task(names[0]), missing), *(problem.task(name) for name in names[1:])]
    added = [replace(task, name=f"{task.name}+") for task in added]
    if {task.name for task in added} & {task.name for task in problem.tasks}:
        raise InputError("it was measured and laid again already", where=laid)
    last = added[-1].name
    links = [replace(link, before=last) if link.before == cured else link for link in problem.links]
    links.append(Link(cured, added[0].name))
    links += [Link(added[0].name, task.name) for task in added[1:]]
    budgets = tuple(_claimed_again(budget, cured) for budget in problem.budgets)
    return replace(problem, tasks=(*problem.tasks, *added), links=tuple(links), budgets=budgets)


def _claimed_again(budget: Budget, cured: str) -> Budget:
    same = [replace(claim, task=f"{cured}+") for claim in budget.claims if claim.task == cured]
    return replace(budget, claims=(*budget.claims, *same))


def _with_duration(problem: Problem, name: str, share: float) -> Problem:
    tasks = tuple(_share_of(task, share) if task.name == name else task for task in problem.tasks)
    return replace(problem, tasks=tasks)


def _share_of(task: Task, share: float) -> Task:
    return replace(task, ways=tuple(Way(math.ceil(way.duration * share), way.uses) for way in task.ways))


def _place(order: Order, name: str) -> Placed:
    if name not in order.placed:
        raise InputError("there is no such step in the plan", where=name, todo="Look it up in the plan's steps.")
    return order.placed[name]


def _kept(problem: Problem, order: Order, now: int) -> dict[str, Kept]:
    kept = dict(problem.kept)
    for name, place in order.placed.items():
        if place.start < now and name not in kept:
            kept[name] = Kept(place.start, place.way, place.end - place.start)
    return kept


def _breaks(order: Order, now: int) -> tuple[Kept, ...]:
    return tuple(Kept(start, 0, end - start) for start, end in order.breaks if start < now)
