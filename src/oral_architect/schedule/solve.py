"""The order of least makespan, then of least drag, by constraint programming (CP-SAT of OR-Tools), with its bound.

One worker that takes turns between its strategies, a seed, and a limit in the solver's own deterministic time: the same
problem gives the same order on any machine.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from oral_architect.case import Settings
from oral_architect.errors import MissingPartError, StageError

from .first import first_order
from .problem import Order, Placed, Problem, Task

ROUNDING = 1e-6
"""The bound of a whole number comes as a floating-point number."""


class SolveSettings(Settings):
    """How hard to look."""

    effort: float = 4.0
    """Deterministic time of the solver, about seconds on an ordinary core, for each of the two aims."""
    seconds: float | None = None
    """A limit in real seconds beside it; the result then depends on the machine."""
    seed: int = 0


def solve(problem: Problem, settings: SolveSettings | None = None) -> Order:
    """Put the tasks in order.

    Raises
    ------
    StageError
        When no order keeps to the problem, or none was found within the effort; it says what would make it fit.
    MissingPartError
        When OR-Tools is not installed.
    """
    from .refuse import refuse_hopeless, say_what_would_fit

    settings = settings or SolveSettings()
    refuse_hopeless(problem)
    if not problem.tasks:
        return Order({}, (), 0, 0, 0, 0, 0.0)
    model = Model(problem)
    model.minimise(model.makespan)
    model.hint_places(first_order(problem))
    first = model.run(settings)
    if first is None:
        say_what_would_fit(problem, settings)
        raise StageError(
            "no order was found within the effort.", where="schedule", todo="Give it more effort, or plan fewer teeth."
        )
    if not problem.spans:
        return model.order(first, first.bound, span_bound=0, effort=first.effort)
    model.hint(first)
    model.add(model.makespan <= first.value)
    model.minimise(model.span)
    second = model.run(settings)
    if second is None:
        return model.order(first, first.bound, span_bound=0, effort=first.effort)
    return model.order(second, first.bound, span_bound=second.bound, effort=first.effort + second.effort)


@dataclass(frozen=True)
class Found:
    """One answer of the solver."""

    values: list[int]
    value: int
    bound: int
    effort: float


@dataclass
class _Slot:
    """The variables of one task."""

    start: Any
    end: Any
    chosen: list[Any] = field(default_factory=list)
    intervals: list[Any] = field(default_factory=list)


class Model:
    """A problem in the solver's words.

    Parameters
    ----------
    slack
        Whether all time windows may be overrun by :attr:`slack`, to learn by how much they are too short.
    """

    def __init__(self, problem: Problem, *, slack: bool = False) -> None:
        cp = _solver()
        self.problem, self._cp, self._model = problem, cp, cp.CpModel()
        self.horizon = problem.horizon()
        self.slack = self._time("slack") if slack else 0
        self.makespan = self._time("makespan")
        self._slots = {task.name: self._slot(task) for task in problem.tasks}
        self._breaks: list[tuple[Any, Any, Any]] = []
        self._break_intervals: list[Any] = []
        self._link()
        self._claim()
        self._rest()
        self._hold()
        self._move()
        for slot in self._slots.values():
            self.add(self.makespan >= slot.end)
        if problem.longest is not None:
            self.add(self.makespan <= problem.longest + self.slack)
        self.span = sum(self._slots[b].end - self._slots[a].start for a, b in problem.spans)

    def add(self, constraint: Any) -> Any:
        """Demand something more."""
        return self._model.add(constraint)

    def minimise(self, what: Any) -> None:
        """Set what is made small."""
        self._model.minimize(what)

    def hint_places(self, places: Mapping[str, Placed]) -> None:
        """Start from a quick order, which need not keep to everything."""
        for name, place in places.items():
            slot = self._slots[name]
            self._model.add_hint(slot.start, place.start)
            self._model.add_hint(slot.end, place.end)
            for index, chosen in enumerate(slot.chosen):
                self._model.add_hint(chosen, int(index == place.way))
        self._model.add_hint(self.makespan, max(place.end for place in places.values()))

    def hint(self, found: Found) -> None:
        """Start from what was found."""
        self._model.clear_hints()
        for index, value in enumerate(found.values):
            self._model.add_hint(self._model.get_int_var_from_proto_index(index), value)

    def run(self, settings: SolveSettings) -> Found | None:
        """Return the best answer within the effort; ``None`` when there is none, or none was found."""
        solver = self._cp.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.interleave_search = True
        solver.parameters.random_seed = settings.seed
        solver.parameters.max_deterministic_time = settings.effort
        if settings.seconds is not None:
            solver.parameters.max_time_in_seconds = settings.seconds
        status = solver.solve(self._model)
        if status not in (self._cp.OPTIMAL, self._cp.FEASIBLE):
            return None
        answer = solver.response_proto
        return Found(
            list(answer.solution),
            round(solver.objective_value),
            math.ceil(solver.best_objective_bound - ROUNDING),
            answer.deterministic_time,
        )

    def order(self, found: Found, bound: int, *, span_bound: int, effort: float) -> Order:
        """Return an answer as an order."""

        def value(variable: Any) -> int:
            return variable if isinstance(variable, int) else int(found.values[variable.index])

        placed = {}
        for name, slot in self._slots.items():
            way = next(i for i, chosen in enumerate(slot.chosen) if value(chosen))
            placed[name] = Placed(value(slot.start), value(slot.end), way)
        breaks = [(value(start), value(end)) for start, end, there in self._breaks if value(there)]
        return Order(
            placed=placed,
            breaks=tuple(breaks),
            makespan=max(p.end for p in placed.values()),
            bound=bound,
            span=sum(placed[b].end - placed[a].start for a, b in self.problem.spans),
            span_bound=span_bound,
            effort=effort,
        )

    def _time(self, name: str) -> Any:
        return self._model.new_int_var(0, self.horizon, name)

    def _slot(self, task: Task) -> _Slot:
        slot = _Slot(self._time(task.name), self._time(f"{task.name} end"))
        kept = self.problem.kept.get(task.name)
        for index, way in enumerate(task.ways):
            chosen = self._model.new_bool_var(f"{task.name} way {index}")
            duration = kept.duration if kept is not None and kept.way == index else way.duration
            slot.chosen.append(chosen)
            slot.intervals.append(
                self._model.new_optional_interval_var(slot.start, duration, slot.end, chosen, f"{task.name} {index}")
            )
        self._model.add_exactly_one(slot.chosen)
        if kept is not None:
            self.add(slot.start == kept.start)
            self.add(slot.chosen[kept.way] == 1)
        else:
            self.add(slot.start >= self.problem.now)
        return slot

    def _link(self) -> None:
        for link in self.problem.links:
            before, after = self._slots[link.before], self._slots[link.after]
            if link.after not in self.problem.kept:
                self.add(after.start >= before.end + link.least)
            if link.within is not None:
                self.add(after.end <= before.end + link.within + self.slack)

    def _claim(self) -> None:
        for budget in self.problem.budgets:
            intervals, amounts = [], []
            for claim in budget.claims:
                slot = self._slots[claim.task]
                over = self._model.new_int_var(0, 2 * self.horizon, f"{claim.task} over")
                length = self._model.new_int_var(0, 2 * self.horizon, f"{claim.task} held")
                self.add(over == slot.end + claim.linger)
                intervals.append(self._model.new_interval_var(slot.start, length, over, f"{claim.task} {budget.name}"))
                amounts.append(claim.amount)
            self._model.add_cumulative(intervals, amounts, budget.capacity)

    def _rest(self) -> None:
        rest = self.problem.rest
        if rest is None:
            return
        worked_from: Any = 0
        for kept in self.problem.breaks_kept:
            self._breaks.append((kept.start, kept.end, 1))
            worked_from = kept.end
        most = self.horizon // max(1, rest.stretch) + 1
        before: Any = None
        for number in range(most):
            start, end = self._time(f"break {number}"), self._time(f"break {number} end")
            there = self._model.new_bool_var(f"break {number} there")
            interval = self._model.new_optional_interval_var(start, rest.duration, end, there, f"break {number}")
            due = worked_from + rest.stretch
            if before is None:
                # what runs is not broken off: the break waits for it
                due = max([due, *(kept.end for kept in self.problem.kept.values())])
            self.add(start >= self.problem.now)
            self.add(start <= due).only_enforce_if(there)
            self.add(self.makespan <= due).only_enforce_if(~there)
            self.add(self.makespan > due).only_enforce_if(there)
            if before is None:
                self.add(start >= worked_from)
            else:
                self.add(start >= worked_from).only_enforce_if(there)
                self._model.add_implication(there, before)
            self._breaks.append((start, end, there))
            self._break_intervals.append(interval)
            worked_from, before = end, there

    def _hold(self) -> None:
        for resource in self.problem.resources:
            held = [
                slot.intervals[index]
                for task in self.problem.tasks
                for slot in [self._slots[task.name]]
                for index, way in enumerate(task.ways)
                if resource in way.uses
            ]
            self._model.add_no_overlap(held + self._break_intervals)
            self._span_at_least(resource)

    def _span_at_least(self, resource: str) -> None:
        """What must hold a thing holds it one after the other, and in as many places as it must be in.

        Nothing new is demanded; it spares the solver to find the least length by trying orders.
        """
        if self.problem.kept:
            return
        bound = [task for task in self.problem.tasks if all(resource in way.uses for way in task.ways)]
        places = {task.place for task in bound if task.place}
        work = sum(min(way.duration for way in task.ways) for task in bound)
        self.add(self.makespan >= work + self.problem.move * max(0, len(places) - 1))

    def _move(self) -> None:
        if not self.problem.move:
            return
        for one, other in self.problem.apart():
            if one.name in self.problem.kept and other.name in self.problem.kept:
                continue
            first = self._model.new_bool_var(f"{one.name} before {other.name}")
            a, b = self._slots[one.name], self._slots[other.name]
            for i, way in enumerate(one.ways):
                for j, another in enumerate(other.ways):
                    if set(way.uses) & set(another.uses):
                        both = [a.chosen[i], b.chosen[j]]
                        self.add(b.start >= a.end + self.problem.move).only_enforce_if([*both, first])
                        self.add(a.start >= b.end + self.problem.move).only_enforce_if([*both, ~first])


def _solver() -> Any:
    try:
        from ortools.sat.python import cp_model
    except ImportError as error:
        raise MissingPartError(
            "OR-Tools is not installed.", where="schedule", todo="Run: pip install 'oral-architect[schedule]'."
        ) from error
    return cp_model
