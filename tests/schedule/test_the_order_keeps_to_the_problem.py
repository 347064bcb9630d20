"""Whatever is asked, an order holds nothing twice, waits where it must, and is no longer than it is said to be."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oral_architect.errors import InputError, StageError
from oral_architect.schedule import Budget, Claim, Kept, Link, Problem, Rest, SolveSettings, Task, Way, solve
from oral_architect.schedule.first import first_order

pytest.importorskip("ortools", reason="the order is found by OR-Tools")
QUICK = SolveSettings(effort=0.5)


def task(name: str, *ways: tuple[int, str], place: str = "") -> Task:
    return Task(name, tuple(Way(duration, tuple(uses.split())) for duration, uses in ways), place)


@st.composite
def problems(draw):
    count = draw(st.integers(1, 6))
    names = [f"t{n}" for n in range(count)]
    way = st.tuples(st.integers(1, 9), st.sampled_from(["arm", "lamp", "person", "arm person"]))
    tasks = tuple(
        task(name, *draw(st.lists(way, min_size=1, max_size=2)), place=draw(st.sampled_from(["", "1", "2"])))
        for name in names
    )
    pairs = [pair for pair in combinations(names, 2) if draw(st.booleans())]
    links = tuple(Link(before, after, least=draw(st.integers(0, 4))) for before, after in pairs)
    claims = tuple(Claim(name, draw(st.integers(0, 5)), draw(st.integers(0, 5))) for name in names)
    rest = Rest(20, 3) if draw(st.booleans()) else None
    return Problem(tasks, links, (Budget("heat", 6, claims),), rest, move=draw(st.integers(0, 3)))


@settings(deadline=None, max_examples=30)
@given(problem=problems())
def test_an_order_keeps_to_every_rule(problem):
    order = solve(problem, QUICK)
    placed = order.placed
    held = {t.name: set(t.ways[placed[t.name].way].uses) for t in problem.tasks}
    for t in problem.tasks:
        assert placed[t.name].end - placed[t.name].start == t.ways[placed[t.name].way].duration
    for link in problem.links:
        assert placed[link.after].start >= placed[link.before].end + link.least
    for one, other in combinations(problem.tasks, 2):
        if held[one.name] & held[other.name]:
            move = problem.move if one.place and other.place and one.place != other.place else 0
            first, second = sorted((placed[one.name], placed[other.name]), key=lambda p: (p.start, p.end))
            assert second.start >= first.end + move
    for budget in problem.budgets:
        spent = [(placed[c.task].start, placed[c.task].end + c.linger, c.amount) for c in budget.claims]
        for start, _, _ in spent:
            assert sum(amount for a, b, amount in spent if a <= start < b) <= budget.capacity
    worked_from = 0
    for start, end in order.breaks:
        assert start - worked_from <= problem.rest.stretch
        assert all(p.end <= start or p.start >= end for p in placed.values())
        worked_from = end
    if problem.rest is not None:
        assert order.makespan - worked_from <= problem.rest.stretch
    assert max(p.end for p in placed.values()) == order.makespan >= order.bound


def test_the_least_makespan_of_a_shop_known_by_hand_is_found_and_proved():
    problem = Problem(
        (task("a1", (3, "x")), task("a2", (2, "y")), task("b1", (2, "y"), (4, "x")), task("b2", (4, "x"), (4, "y"))),
        (Link("a1", "a2"), Link("b1", "b2")),
    )
    order = solve(problem)
    assert (order.makespan, order.bound, order.gap) == (7, 7, 0.0)


def test_among_equally_short_orders_the_least_drag_wins():
    problem = Problem(
        (task("open", (1, "x"), place="1"), task("close", (1, "y"), place="1"), task("long", (9, "z"))),
        (Link("open", "close"),),
        spans=(("open", "close"),),
    )
    order = solve(problem)
    assert order.makespan == 9
    assert (order.span, order.span_bound) == (2, 2)


def test_the_same_problem_gives_the_same_order():
    problem = Problem(tuple(task(f"t{n}", (n % 3 + 1, "x"), (n % 4 + 1, "y")) for n in range(8)))
    assert solve(problem, QUICK) == solve(problem, QUICK)


def test_what_is_kept_stays_and_nothing_else_starts_before_now():
    problem = Problem((task("a", (4, "x")), task("b", (2, "x")), task("c", (2, "x"))), kept={"b": Kept(1, 0, 5)}, now=3)
    order = solve(problem)
    assert (order.placed["b"].start, order.placed["b"].end) == (1, 6)
    assert min(order.placed["a"].start, order.placed["c"].start) == 6
    assert order.makespan == 12


def test_a_step_that_takes_more_than_the_budget_is_named_with_what_would_fit():
    problem = Problem((task("cure", (4, "x")),), budgets=(Budget("heat", 550, (Claim("cure", 700),), "°C", 100),))
    with pytest.raises(StageError, match=r"cure: it takes 7 °C where 5\.5 °C are allowed"):
        solve(problem)


def test_a_step_longer_than_a_stretch_without_a_break_is_named():
    with pytest.raises(StageError, match="grow: it takes 90 s in one go"):
        solve(Problem((task("grow", (90, "x")),), rest=Rest(60, 5)))


def test_a_visit_that_is_too_long_says_how_much_is_missing():
    problem = Problem((task("a", (5, "x")), task("b", (5, "x"))), (Link("a", "b"),), longest=8)
    with pytest.raises(StageError, match=r"b: it does not fit: the whole visit allows 8 s Allow 2 s more"):
        solve(problem)


def test_an_anaesthetic_that_wears_off_says_how_much_is_missing():
    problem = Problem(
        (task("numb", (1, "x")), task("cut", (9, "x"))), (Link("numb", "cut", least=5, within=10, why="the numbness"),)
    )
    with pytest.raises(StageError, match=r"cut: it does not fit: the numbness allows 10 s Allow 4 s more"):
        solve(problem)


def test_tasks_that_wait_for_each_other_are_refused():
    with pytest.raises(InputError, match="wait for each other"):
        Problem((task("a", (1, "x")), task("b", (1, "x"))), (Link("a", "b"), Link("b", "a")))


@settings(deadline=None, max_examples=30)
@given(problem=problems())
def test_the_quick_order_holds_nothing_twice(problem):
    placed = first_order(problem)
    for resource in problem.resources:
        mine = sorted(
            (placed[t.name].start, placed[t.name].end)
            for t in problem.tasks
            if resource in t.ways[placed[t.name].way].uses
        )
        assert all(before[1] <= after[0] for before, after in pairwise(mine))
