"""What is to be put in order: tasks, the ways each can be done, what waits for what, what must not be used up.

All times are whole units: seconds in a visit, whatever the instance counts in elsewhere. Nothing here knows of teeth or
of a solver, so a published shop problem is stated in the same words as a visit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from itertools import combinations

from oral_architect.errors import InputError


@dataclass(frozen=True)
class Way:
    """One way to do a task: how long it takes and what it holds meanwhile."""

    duration: int
    uses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Task:
    """A task that is done once, in one go, in one of its ways."""

    name: str
    ways: tuple[Way, ...]
    place: str = ""
    """Where it is done; what serves two places one after the other needs :attr:`Problem.move` in between."""


@dataclass(frozen=True)
class Link:
    """``after`` starts at least ``least`` after the end of ``before``, and is over at most ``within`` after it."""

    before: str
    after: str
    least: int = 0
    within: int | None = None
    why: str = ""


@dataclass(frozen=True)
class Claim:
    """What a task takes from a budget, from its start until ``linger`` after its end."""

    task: str
    amount: int
    linger: int = 0


@dataclass(frozen=True)
class Budget:
    """Something of which only so much may be claimed at any one time: heat a pulp may hold."""

    name: str
    capacity: int
    claims: tuple[Claim, ...]
    unit: str = ""
    scale: int = 1
    """Amounts and capacity are in parts of the unit: 100 for hundredths."""
    advice: str = ""
    """How a task that takes too much could take less."""

    def said(self, amount: int) -> str:
        """Return an amount in words."""
        return f"{amount / self.scale:g} {self.unit}".rstrip()


@dataclass(frozen=True)
class Rest:
    """Breaks in which nothing is done: no stretch of work is longer than ``stretch``."""

    stretch: int
    duration: int


@dataclass(frozen=True)
class Kept:
    """A task that is done or running: its start, which of its ways, and how long it took or takes."""

    start: int
    way: int
    duration: int

    @property
    def end(self) -> int:
        """When it is over."""
        return self.start + self.duration


@dataclass(frozen=True)
class Problem:
    """Everything an order must keep to.

    Raises
    ------
    InputError
        When a name is given twice or not at all, a duration is negative, or tasks wait for each other.
    """

    tasks: tuple[Task, ...]
    links: tuple[Link, ...] = ()
    budgets: tuple[Budget, ...] = ()
    rest: Rest | None = None
    longest: int | None = None
    """The whole must be over by then."""
    move: int = 0
    spans: tuple[tuple[str, str], ...] = ()
    """First and last task of what should not drag on: the second thing that is made short."""
    kept: Mapping[str, Kept] = field(default_factory=dict)
    breaks_kept: tuple[Kept, ...] = ()
    now: int = 0
    """Nothing that is not kept starts before."""

    def __post_init__(self) -> None:
        names = [task.name for task in self.tasks]
        if len(set(names)) < len(names):
            raise InputError("two tasks have the same name", where="schedule")
        asked = {n for link in self.links for n in (link.before, link.after)}
        asked |= {claim.task for budget in self.budgets for claim in budget.claims}
        asked |= {n for span in self.spans for n in span} | set(self.kept)
        if unknown := sorted(asked - set(names)):
            raise InputError(f"there is no task '{unknown[0]}'", where="schedule")
        for task in self.tasks:
            if not task.ways or any(way.duration < 0 for way in task.ways):
                raise InputError("a task needs a way to do it, of no negative duration", where=task.name)
        self.in_turn()

    @property
    def resources(self) -> tuple[str, ...]:
        """Everything that tasks hold, sorted."""
        return tuple(sorted({name for task in self.tasks for way in task.ways for name in way.uses}))

    def in_turn(self) -> list[str]:
        """Return the names of the tasks so that each comes after those it waits for."""
        waits: dict[str, list[str]] = {task.name: [] for task in self.tasks}
        for link in self.links:
            waits[link.after].append(link.before)
        try:
            return list(TopologicalSorter(waits).static_order())
        except CycleError as error:
            raise InputError(f"tasks wait for each other: {', '.join(error.args[1])}", where="schedule") from None

    def task(self, name: str) -> Task:
        """Return a task; raises ``KeyError`` when there is none of that name."""
        for one in self.tasks:
            if one.name == name:
                return one
        raise KeyError(name)

    def horizon(self) -> int:
        """A time by which everything is over if it is done one after the other."""
        work = sum(max(way.duration for way in task.ways) + self.move for task in self.tasks)
        waits = sum(link.least for link in self.links) + sum(c.linger for b in self.budgets for c in b.claims)
        begun = max([self.now, *(kept.end for kept in self.kept.values())])
        total = begun + work + waits
        if self.rest is not None:
            total += self.rest.duration * (total // max(1, self.rest.stretch - self._longest_task()) + 1)
        return total

    def _longest_task(self) -> int:
        longest = max((way.duration for task in self.tasks for way in task.ways), default=0)
        return min(longest, self.rest.stretch // 2) if self.rest is not None else longest

    def apart(self) -> Iterator[tuple[Task, Task]]:
        """Give the pairs of tasks at two places that could want the same thing."""
        held = {task.name: {name for way in task.ways for name in way.uses} for task in self.tasks}
        for one, other in combinations(self.tasks, 2):
            if one.place and other.place and one.place != other.place and held[one.name] & held[other.name]:
                yield one, other


@dataclass(frozen=True)
class Placed:
    """Where a task lies in an order."""

    start: int
    end: int
    way: int


@dataclass(frozen=True)
class Order:
    """An order that keeps to a problem, and how good it is known to be."""

    placed: Mapping[str, Placed]
    breaks: tuple[tuple[int, int], ...]
    makespan: int
    bound: int
    """No order ends sooner."""
    span: int
    """Sum of the problem's spans."""
    span_bound: int
    """No order that ends as soon has a smaller sum of spans."""
    effort: float
    """Deterministic time the solver spent."""

    @property
    def gap(self) -> float:
        """Share of the makespan that may still be saved; 0 is proved best."""
        return (self.makespan - self.bound) / self.makespan if self.makespan else 0.0
