"""What each layer takes of the heat its pulp may hold, and for how long: the cool-downs of the plan."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from .figures import visit_figure

if TYPE_CHECKING:
    from oral_architect.programme import Layer, Profile, ToothProgramme
    from oral_architect.twin import Prediction

P95 = NormalDist().inv_cdf(0.95)
SCALE = 100
"""Budgets count hundredths of a degree."""
SAME_S = 1e-3
"""Times closer than this are one: traces are kept in single precision."""


@dataclass(frozen=True)
class HeatLoad:
    """The heat of one tooth's layers."""

    allowed: int
    """Hundredths of a degree."""
    rises: tuple[int, ...]
    """Of each layer, hundredths of a degree."""
    cools_s: tuple[int, ...]
    """Of each layer, after its last heat."""


def heat_load(plan: ToothProgramme, profile: Profile, prediction: Prediction | None) -> HeatLoad:
    """Return what the layers of a tooth take of its heat budget.

    Without a prediction each layer takes all that is allowed, for as long as the profile lets it cool: one at a time.
    With one, a layer takes the rise the twin saw it cause, at the 95th percentile, until a stated share of it is left;
    rises add up, as heat does.
    """
    predicted = next((t for t in prediction.teeth if t.fdi == plan.fdi), None) if prediction is not None else None
    if prediction is None or predicted is None:
        allowed = math.floor(plan.layers[0].thermal_allowance_c * SCALE)
        cool_s = math.ceil(profile.value("cool_s"))
        return HeatLoad(allowed, (allowed,) * len(plan.layers), (cool_s,) * len(plan.layers))
    trace = prediction.arrays[f"pulp_{plan.fdi}"].astype(np.float64)
    mean = predicted.pulp_rise_c.value
    unsure = (mean + P95 * predicted.pulp_rise_c.sd) / mean if mean > 0 else 1.0
    starts = [_heated_from_s(layer) for layer in plan.layers] + [math.inf]
    rises, cools = [], []
    for layer, start_s, next_s in zip(plan.layers, starts, starts[1:], strict=False):
        rise_c, lasts_s = _rise(trace, start_s, layer.start_s + layer.dwell_s + layer.cure_s, next_s)
        rises.append(math.ceil(rise_c * unsure * SCALE))
        cools.append(math.ceil((profile.value("cool_s") if lasts_s is None else lasts_s) - SAME_S))
    return HeatLoad(math.floor(predicted.pulp_rise_limit_c * SCALE), tuple(rises), tuple(cools))


def _heated_from_s(layer: Layer) -> float:
    return layer.start_s + layer.dwell_s if layer.cure_s > 0 else layer.start_s


def _rise(trace: np.ndarray, start_s: float, end_s: float, next_s: float) -> tuple[float, float | None]:
    """Rise of one layer in the pulp, and how long after its end it lasts; ``None`` where the next came too soon."""
    time_s, heat_c = trace[:, 0], trace[:, 1]
    before = float(np.interp(start_s, time_s, heat_c))
    own = (time_s >= start_s) & (time_s <= next_s)
    if not own.any():
        return 0.0, None
    peak = int(np.flatnonzero(own)[heat_c[own].argmax()])
    rise_c = max(0.0, float(heat_c[peak]) - before)
    gone = own & (time_s >= time_s[peak]) & (heat_c <= before + visit_figure("cooled_share").need("value") * rise_c)
    return rise_c, max(0.0, float(time_s[gone][0]) - end_s) if gone.any() else None
