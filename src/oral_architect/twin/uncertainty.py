"""Monte Carlo over the uncertain figures: which values to try, and what their outcomes say."""

from __future__ import annotations

from collections.abc import Sequence
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from .document import Range
from .model import Model
from .transport import draw

LOW_PERCENT, HIGH_PERCENT = 5.0, 95.0


def stratified_scores(names: Sequence[str], count: int, seed: int) -> NDArray[np.float64]:
    """Return standard normal scores, ``(count, len(names))``, one in each of ``count`` equally likely strata.

    Latin hypercube sampling (McKay, Beckman & Conover 1979, Technometrics 21:239). A number depends on seed, sample and
    the figure's name alone, so a figure more or less leaves the others as they were.
    """
    from scipy.special import ndtri

    scores = np.empty((count, len(names)))
    for column, name in enumerate(names):
        key = crc32(name.encode())
        drawn = np.array([[draw(np.uint64(seed), n, key, axis) for axis in (0, 1)] for n in range(count)])
        stratum = np.argsort(np.argsort(drawn[:, 0], kind="stable"), kind="stable")
        scores[:, column] = ndtri((stratum + drawn[:, 1]) / count)
    return scores


def vary(model: Model, names: Sequence[str], scores: NDArray[np.float64]) -> Model:
    """Return the model with each named figure moved by its score in standard deviations."""
    for name, score in zip(names, scores, strict=True):
        model = model.moved(name, float(score))
    return model


def ranges(outcomes: Sequence[dict[str, float]], units: dict[str, str]) -> dict[str, Range]:
    """Return 5th, 50th and 95th percentile of each figure over all outcomes."""
    found = {}
    for name in outcomes[0]:
        low, middle, high = np.percentile([o[name] for o in outcomes], [LOW_PERCENT, 50.0, HIGH_PERCENT])
        found[name] = Range(p5=float(low), median=float(middle), p95=float(high), unit=units[name])
    return found


def greatest(
    names: Sequence[str], scores: NDArray[np.float64], response: NDArray[np.float64], count: int = 2
) -> tuple[str, ...]:
    """Return the names of the figures a response follows most, by the size of their rank correlation."""
    ranks = np.argsort(np.argsort(response, kind="stable"), kind="stable")
    places = np.argsort(np.argsort(scores, axis=0, kind="stable"), axis=0, kind="stable")
    centred = ranks - ranks.mean()
    follow = np.abs((places - places.mean(axis=0)).T @ centred)
    return tuple(sorted(names, key=lambda name: (-follow[list(names).index(name)], name))[:count])
