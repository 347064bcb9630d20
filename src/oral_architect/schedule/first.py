"""A quick order to start the search from: what can begin first begins first, the longest way still to go breaks ties.

It keeps to links, to what is held and to moves; budgets, windows and breaks are the search's business.
"""

from __future__ import annotations

from collections import defaultdict

from .problem import Placed, Problem, Task


def first_order(problem: Problem) -> dict[str, Placed]:
    """Return where each task would lie."""
    return _Line(problem).placed


class _Line:
    """An order in the making."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._free: dict[str, int] = defaultdict(int)
        self._at: dict[str, str] = {}
        self._before: dict[str, list[tuple[str, int]]] = defaultdict(list)
        after = defaultdict(list)
        for link in problem.links:
            self._before[link.after].append((link.before, link.least))
            after[link.before].append(link.after)
        tails = _tails(problem, after)
        self.placed: dict[str, Placed] = {}
        for name, kept in sorted(problem.kept.items(), key=lambda item: item[1].end):
            self._put(problem.task(name), Placed(kept.start, kept.end, kept.way))
        waiting = {task.name: task for task in problem.tasks if task.name not in problem.kept}
        while waiting:
            ready = [t for t in waiting.values() if all(b in self.placed for b, _ in self._before[t.name])]
            tried = [(task, self._soonest(task)) for task in ready]
            task, place = min(tried, key=lambda one: (one[1].start, -tails[one[0].name], one[1].end, one[0].name))
            self._put(task, place)
            del waiting[task.name]

    def _soonest(self, task: Task) -> Placed:
        """Where the task would be over soonest."""
        ready = max([self._problem.now, *(self.placed[b].end + least for b, least in self._before[task.name])])
        places = []
        for index, way in enumerate(task.ways):
            start = max([ready, *(self._free[name] + self._move(name, task.place) for name in way.uses)])
            places.append(Placed(start, start + way.duration, index))
        return min(places, key=lambda place: (place.end, place.way))

    def _move(self, resource: str, place: str) -> int:
        at = self._at.get(resource, "")
        return self._problem.move if at and place and at != place else 0

    def _put(self, task: Task, place: Placed) -> None:
        self.placed[task.name] = place
        for name in task.ways[place.way].uses:
            self._free[name] = max(self._free[name], place.end)
            self._at[name] = task.place or self._at.get(name, "")


def _tails(problem: Problem, after: dict[str, list[str]]) -> dict[str, float]:
    """Time from the start of each task to the end of the last that waits for it, with the mean of its ways."""
    mean = {task.name: sum(way.duration for way in task.ways) / len(task.ways) for task in problem.tasks}
    tails: dict[str, float] = {}
    for name in reversed(problem.in_turn()):
        tails[name] = mean[name] + max((tails[other] for other in after[name]), default=0.0)
    return tails
