"""The order of a visit: teeth, phases, devices and the person, in the least time, with its bound."""

from .document import PlannedStep, SessionPlan
from .problem import Budget, Claim, Kept, Link, Order, Placed, Problem, Rest, Task, Way
from .replan import Late, Measured
from .solve import SolveSettings, solve
from .stage import ScheduleSettings, run

__all__ = [
    "Budget",
    "Claim",
    "Kept",
    "Late",
    "Link",
    "Measured",
    "Order",
    "Placed",
    "PlannedStep",
    "Problem",
    "Rest",
    "ScheduleSettings",
    "SessionPlan",
    "SolveSettings",
    "Task",
    "Way",
    "run",
    "solve",
]
