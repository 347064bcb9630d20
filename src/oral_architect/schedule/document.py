"""The plan of a visit: who and what does which step at which tooth, when, and how good that is known to be."""

from __future__ import annotations

from typing import Literal

from oral_architect.case import Document, Record

State = Literal["done", "running", "planned"]


class PlannedStep(Record):
    """One step."""

    name: str
    """``21/deposit/3``: tooth, phase, layer; a part measured short is laid again as ``21/deposit/3+``."""
    fdi: int | None
    phase: str
    layer: int | None
    start_s: int
    end_s: int
    uses: tuple[str, ...]
    """Who and what it holds."""
    cools_until_s: int | None = None
    """When its heat is taken to be gone."""
    state: State = "planned"


class SessionPlan(Document):
    """All steps of a visit in order."""

    format: Literal["oral-architect session plan 1"] = "oral-architect session plan 1"
    profile: str
    steps: tuple[PlannedStep, ...]
    breaks_s: tuple[tuple[int, int], ...]
    session_s: int
    bound_s: int
    """No order of these steps ends sooner."""
    gap: float
    """Share of the session that may still be saved; 0 is proved best."""
    chair_s: int
    """Sum over teeth of the time from isolation to the last check: what is made short second."""
    chair_bound_s: int
    """No order that ends as soon has less."""
    now_s: int = 0
    """When it was planned: what started before stays."""
    changes: tuple[str, ...] = ()
    """What made it be planned again, oldest first."""
    rate_gap: float
    rate_gap_text: str
    warnings: tuple[str, ...] = ()

    def step(self, name: str) -> PlannedStep:
        """Return a step; raises ``KeyError`` when there is none of that name."""
        for one in self.steps:
            if one.name == name:
                return one
        raise KeyError(name)
