"""From a programme to the problem of its visit: phases of a tooth in turn, things held, heat, anaesthesia, breaks."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from oral_architect.case import Settings
from oral_architect.programme import load_profile

from .figures import visit_figure
from .heat import SCALE, HeatLoad, heat_load
from .problem import Budget, Claim, Link, Problem, Rest, Task, Way

if TYPE_CHECKING:
    from oral_architect.programme import Layer, Profile, Programme, ToothProgramme
    from oral_architect.twin import Prediction


class VisitSettings(Settings):
    """What is wanted of a visit; what is not given follows from ``visit.csv``."""

    numb: tuple[int, ...] | None = None
    """Teeth that must not feel their preparation; those something is removed from when not given."""
    longest_s: int | None = None
    stretch_s: int | None = None
    """Longest work without a break."""


def step_name(fdi: int, phase: str, layer: int | None = None, again: str = "") -> str:
    """Return the name of a step: ``21/deposit/3``."""
    return "/".join(map(str, (fdi, phase) if layer is None else (fdi, phase, layer))) + again


def visit_problem(programme: Programme, prediction: Prediction | None, settings: VisitSettings) -> Problem:
    """State the visit of a programme.

    Layers are numbered from 1, as a person counts them.

    Raises
    ------
    ReferenceDataError
        When a figure of the profile or of the visit is missing.
    """
    profile = load_profile(programme.profile)
    loads = {tooth.fdi: heat_load(tooth, profile, prediction) for tooth in programme.teeth}
    teeth = [_Tooth(tooth, profile, loads[tooth.fdi], _removal_s(programme, tooth.fdi)) for tooth in programme.teeth]
    removed = tuple(tooth.fdi for tooth in teeth if tooth.removal_s)
    numbing, waits = _numbing(profile, teeth, removed if settings.numb is None else settings.numb)
    return Problem(
        tasks=(*numbing, *(task for tooth in teeth for task in tooth.tasks())),
        links=(*waits, *(link for tooth in teeth for link in tooth.links())),
        budgets=tuple(tooth.budget() for tooth in teeth),
        rest=Rest(settings.stretch_s or seconds("stretch_s"), seconds("break_s")),
        longest=settings.longest_s or seconds("visit_s"),
        move=math.ceil(profile.value("move_s")),
        spans=tuple((step_name(t.fdi, "isolate"), step_name(t.fdi, "check")) for t in teeth),
    )


def seconds(quantity: str) -> int:
    """Return a figure of the visit in whole seconds."""
    return math.ceil(visit_figure(quantity).need("value"))


def _removal_s(programme: Programme, fdi: int) -> int:
    return math.ceil(sum(s.end_s - s.start_s for s in programme.timeline if s.fdi == fdi and s.phase == "remove"))


@dataclass(frozen=True)
class _Tooth:
    """One tooth's part of the problem."""

    plan: ToothProgramme
    profile: Profile
    load: HeatLoad
    removal_s: int

    @property
    def fdi(self) -> int:
        return self.plan.fdi

    def tasks(self) -> Iterable[Task]:
        yield self._task("isolate", self.profile.value("isolate_s"))
        if self.removal_s:
            yield self._task("remove", self.removal_s)
        yield self._task("prepare", self.profile.value("prepare_s"))
        for layer in self.plan.layers:
            yield self._task("deposit", layer.dwell_s, layer)
            if layer.cure_s > 0:
                yield self._task("cure", layer.cure_s, layer)
        yield self._task("finish", self.profile.value("finish_s"))
        yield self._task("check", self.profile.value("check_s"))

    def links(self) -> Iterable[Link]:
        names = [task.name for task in self.tasks()]
        heated = {self._heated(layer): self.load.cools_s[layer.index] for layer in self.plan.layers[-1:]}
        for before, after in pairwise(names):
            yield Link(before, after, least=heated.get(before, 0))

    def budget(self) -> Budget:
        claims = [
            Claim(self._heated(layer), rise, cool_s)
            for layer, rise, cool_s in zip(self.plan.layers, self.load.rises, self.load.cools_s, strict=True)
        ]
        return Budget(
            name=f"heat of the pulp of tooth {self.fdi}",
            capacity=self.load.allowed,
            claims=tuple(claims),
            unit="°C",
            scale=SCALE,
            advice="Thinner layers, less light or another profile make less heat.",
        )

    def _heated(self, layer: Layer) -> str:
        return step_name(self.fdi, "cure" if layer.cure_s > 0 else "deposit", layer.index + 1)

    def _task(self, phase: str, duration_s: float, layer: Layer | None = None) -> Task:
        ways = tuple(Way(math.ceil(duration_s), uses) for uses in self.profile.uses.phases[phase])
        return Task(step_name(self.fdi, phase, None if layer is None else layer.index + 1), ways, str(self.fdi))


def _numbing(profile: Profile, teeth: list[_Tooth], numb: tuple[int, ...]) -> tuple[list[Task], list[Link]]:
    """One injection for each quadrant; what hurts lies between its onset and its end."""
    tasks, links = [], []
    quadrants = sorted({tooth.fdi // 10 for tooth in teeth if tooth.fdi in numb})
    for quadrant in quadrants:
        name = f"quadrant {quadrant}/numb"
        ways = tuple(Way(seconds("numb_s"), uses) for uses in profile.uses.phases["numb"])
        tasks.append(Task(name, ways, str(quadrant)))
        for tooth in teeth:
            if tooth.fdi // 10 == quadrant and tooth.fdi in numb:
                hurts = ("remove", "prepare") if tooth.removal_s else ("prepare",)
                links += [
                    Link(
                        name,
                        step_name(tooth.fdi, phase),
                        seconds("onset_s"),
                        seconds("numb_for_s"),
                        f"the anaesthetic of quadrant {quadrant}",
                    )
                    for phase in hurts
                ]
    return tasks, links
