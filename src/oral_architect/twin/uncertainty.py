"""How uncertain a predicted rise is: each figure moved by one standard deviation, one at a time."""

from __future__ import annotations

import math
from collections.abc import Callable

from .model import Model

Response = Callable[[Model], float]

P95_SD = 1.645
"""Standard deviations from the mean to the 95th percentile of a normal distribution."""


def one_at_a_time(response: Response, model: Model, *, base: float) -> dict[str, float]:
    """Return how much the response moves for each uncertain figure moved up by one standard deviation.

    First-order propagation with independent figures (JCGM 100:2008, 5.1.2); ``base`` is the response to
    ``model`` itself.
    """
    return {name: response(model.moved(name, 1.0)) - base for name in model.uncertain}


def combined_sd(effects: dict[str, float], *, numerical: float = 0.0) -> float:
    """Return the standard deviation of all effects together, with the grid's own error beside them."""
    return math.sqrt(sum(e * e for e in effects.values()) + numerical**2)


def greatest(effects: dict[str, float], count: int = 2) -> tuple[str, ...]:
    """Return the names of the figures that matter most."""
    return tuple(sorted(effects, key=lambda name: (-abs(effects[name]), name))[:count])
